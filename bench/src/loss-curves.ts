/** Losses of training runs, drawn over each other: `npm run bench -- loss-curves RUN RUN --out FILE.svg`. */
import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

const LOSSES = ["text", "image"] as const;
const PANEL = { width: 380, height: 230, left: 44, top: 34, gap: 40, bottom: 34 };
const COLOURS = ["#1f6feb", "#d9480f", "#2b8a3e", "#862e9c"];
const TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10];

/** One logged step of a run's `metrics.jsonl`. */
type LoggedStep = Readonly<{ step: number } & Record<`loss/${(typeof LOSSES)[number]}`, number>>;

/** One run: losses averaged over windows of steps. */
interface Curve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly losses: Readonly<Record<(typeof LOSSES)[number], readonly number[]>>;
}

/**
 * Writes the picture and returns a row of each run with its last losses and how far its curves are from the first run's, relative
 * to these: on average and at most.
 * @param options.window steps of which each point is the mean
 * @throws Error when a run has no `metrics.jsonl`
 */
export async function drawLossCurves({
  runs,
  out,
  window,
}: {
  readonly runs: readonly string[];
  readonly out: string;
  readonly window: number;
}) {
  const curves = await Promise.all(runs.map((run) => readCurve(run, window)));
  await writeFile(out, svg(curves));
  return curves.map(({ name, steps, losses }) => ({
    bench: "loss-curves",
    run: name,
    steps: steps.at(-1),
    text: losses.text.at(-1),
    image: losses.image.at(-1),
    textApart: distances(losses.text, (curves[0] as Curve).losses.text),
    imageApart: distances(losses.image, (curves[0] as Curve).losses.image),
  }));
}

/** Mean and maximum of |a - b| / b over the points that both have. */
function distances(losses: readonly number[], reference: readonly number[]): { mean: number; most: number } {
  const shared = losses.slice(0, reference.length);
  const apart = shared.map((loss, at) => Math.abs(loss / (reference[at] as number) - 1));
  return { mean: apart.reduce((sum, distance) => sum + distance, 0) / apart.length, most: Math.max(...apart) };
}

async function readCurve(run: string, window: number): Promise<Curve> {
  const lines = (await readFile(join(run, "metrics.jsonl"), "utf8")).trim().split("\n");
  const logged = lines.map((line) => JSON.parse(line) as LoggedStep).filter((line) => "loss/text" in line);
  const ends = Array.from({ length: Math.floor(logged.length / window) }, (_, index) => (index + 1) * window);
  const means = (loss: (typeof LOSSES)[number]) =>
    ends.map((end) => {
      const values = logged.slice(end - window, end).map((line) => line[`loss/${loss}`]);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
  return {
    name: basename(run),
    steps: ends.map((end) => logged[end - 1]?.step ?? end),
    losses: { text: means("text"), image: means("image") },
  };
}

function svg(curves: readonly Curve[]): string {
  const width = LOSSES.length * (PANEL.left + PANEL.width + PANEL.gap);
  const height = PANEL.top + PANEL.height + PANEL.bottom;
  const panels = LOSSES.map((loss, index) => panel(curves, loss, index * (PANEL.left + PANEL.width + PANEL.gap)));
  const legend = curves.map(
    ({ name }, index) =>
      `<text x="${PANEL.left + 90 + index * 90}" y="20" fill="${colour(index)}" font-weight="600">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Losses of ${curves.map(({ name }) => name).join(", ")}, step by step</title>
<rect width="100%" height="100%" fill="#fff"/>
${[...panels, ...legend].join("\n")}
</svg>
`;
}

function panel(curves: readonly Curve[], loss: (typeof LOSSES)[number], x: number): string {
  const all = curves.flatMap((curve) => curve.losses[loss]);
  const [low, high] = [Math.log(Math.min(...all) * 0.95), Math.log(Math.max(...all) * 1.05)];
  const lastStep = Math.max(...curves.flatMap(({ steps }) => steps));
  const left = x + PANEL.left;
  const across = (step: number) => (left + (PANEL.width * step) / lastStep).toFixed(1);
  const down = (value: number) => (PANEL.top + PANEL.height * (1 - (Math.log(value) - low) / (high - low))).toFixed(1);
  const ticks = TICKS.filter((value) => Math.log(value) > low && Math.log(value) < high).map(
    (value) =>
      `<path d="M${left} ${down(value)}h${PANEL.width}" stroke="#ddd"/><text x="${left - 6}" y="${down(value)}" dy="4" text-anchor="end" fill="#555">${value}</text>`,
  );
  const lines = curves.map(({ steps, losses }, index) => {
    const points = steps.map((step, at) => `${across(step)},${down(losses[loss][at] as number)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${colour(index)}" stroke-width="1.5" stroke-opacity="0.75"/>`;
  });
  return [
    `<text x="${left}" y="20" font-weight="600">${loss} loss</text>`,
    ...ticks,
    ...lines,
    `<text x="${left}" y="${PANEL.top + PANEL.height + 20}" fill="#555">step 0</text>`,
    `<text x="${left + PANEL.width}" y="${PANEL.top + PANEL.height + 20}" text-anchor="end" fill="#555">${lastStep}</text>`,
  ].join("\n");
}

function colour(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}
