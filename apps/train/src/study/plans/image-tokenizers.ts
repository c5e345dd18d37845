/**
 * What image tokenizers are measured by: every kind at one small budget, the winners at full length, emoji, and what each
 * technique changes. Two hours of two cores in all.
 */
import { featuresId } from "../kinds/features-of.ts";
import type { Results, Run, Study } from "../study.ts";
import { figuresTable } from "../tables.ts";
import { ablationsSection, shapedMethods } from "./ablations.ts";
import { CODES, COST, QUALITY, stageColumns } from "./columns.ts";
import { baselineRows, featuresRun, type Method, method, rowOf } from "./tokenizer-runs.ts";
import { transfusionSection } from "./transfusion.ts";

const SEEDS = 3;
/** Steps of the small recipes, so that one run takes a minute or two of one core. */
const SMALL = ["steps=500", "report.checkpointEvery=250"];
/** Of the recipes at f16, whose 64 x 64 pixels are four times the work. */
const SMALL_F16 = ["steps=400", "report.checkpointEvery=200", "batch.pictures=8"];
const EMOJI = ["batch.pictureSize=64", "batch.pictures=8"];

/** Kinds of tokenizers by recipe. */
const KINDS = {
  f4: "KL",
  vq: "VQ, 256 codes",
  fsq: "FSQ [8, 6, 5]",
  lfq: "LFQ, 8 bits",
  simvq: "SimVQ, 256 codes",
  residual: "residual VQ, 4 x 256 codes",
  "multi-scale": "multi-scale VQ, 256 codes",
} as const;
type Kind = keyof typeof KINDS;
const KIND_NAMES = Object.keys(KINDS) as Kind[];

/** Those that have bars to clear. */
const WINNERS = ["f4", "vq", "fsq", "residual", "multi-scale"] as const;

/** Columns of the tables by stage: stages of the residual recipe, scales of the multi-scale one. */
const NUM_STAGES = 5;

function baselinesRun(data: "scenes" | "emoji"): Run & { kind: "baselines" } {
  const sizes = { downsampling: 4, numComponents: 4, numCodes: 256 };
  return { id: `baselines-${data}`, needs: [featuresId(data)], kind: "baselines", data, ...sizes };
}

/** Every kind of tokenizer at one small budget. */
function smallMethods(data: "scenes" | "emoji"): Record<Kind, Method> {
  const entries = KIND_NAMES.map((kind) => {
    const recipe = `small-${kind}`;
    const overrides = [...SMALL, ...(data === "emoji" ? emojiOverrides(kind) : [])];
    const name = data === "emoji" ? `emoji-${recipe}` : recipe;
    return [kind, method(KINDS[kind], { name, recipe, data, overrides, numSeeds: SEEDS })];
  });
  return Object.fromEntries(entries);
}

/** Latents of emoji are 16 x 16, and so is the last scale. */
function emojiOverrides(kind: Kind): string[] {
  return kind === "multi-scale" ? [...EMOJI, "autoencoder.quantizer.scales=[1,2,4,8,16]"] : EMOJI;
}

function sheetRun(data: "scenes" | "emoji", methods: readonly Method[], title: string) {
  const rows = methods.map(({ label, runs }) => ({ label, run: runs[0]?.id as string }));
  const run = {
    id: `tokenizers-${data}`,
    needs: rows.map((row) => row.run),
    kind: "sheet",
    data,
    title,
    rows,
  } as const;
  return run satisfies Run;
}

/** Quality of methods beside the baselines, the PSNR after each stage of those that have any, and the sheet once it is drawn. */
function qualityTables(
  methods: Partial<Record<Kind, Method>>,
  baselines: Run & { kind: "baselines" },
  sheet?: Run & { kind: "sheet" },
) {
  const rows = [...Object.values(methods).map(rowOf), ...baselineRows(baselines)];
  const staged = [methods.residual, methods["multi-scale"]].flatMap((one) => one ?? []).map(rowOf);
  return (results: Results) =>
    [
      figuresTable(rows, [...QUALITY, ...CODES, ...COST], results),
      "PSNR in dB after each stage or scale:",
      figuresTable(staged, stageColumns(NUM_STAGES), results),
      ...(sheet !== undefined && results.has(sheet.id)
        ? [`![${sheet.title} and what each tokenizer makes of them](images/${sheet.id}.png)`]
        : []),
    ].join("\n\n");
}

/** The study behind `docs/image-tokenizers.md`. */
export function imageTokenizersStudy(): Study {
  const scenes = smallMethods("scenes");
  const emoji = smallMethods("emoji");
  const winners = Object.fromEntries(
    WINNERS.map((kind) => [kind, method(KINDS[kind], { name: kind, recipe: kind, data: "many-scenes", numSeeds: 1 })]),
  ) as Record<(typeof WINNERS)[number], Method>;
  const [sceneBaselines, emojiBaselines] = [baselinesRun("scenes"), baselinesRun("emoji")];
  const sceneSheet = sheetRun("scenes", Object.values(scenes), "Held-out scenes");
  const emojiSheet = sheetRun("emoji", Object.values(emoji), "Held-out emoji");
  const shaped = shapedMethods(SMALL, SEEDS);
  const runsOfAll = (methods: Record<string, Method>) => Object.values(methods).flatMap(({ runs }) => runs);
  return {
    name: "image-tokenizers",
    page: "docs/image-tokenizers.md",
    sections: [
      {
        name: "kinds",
        runs: [featuresRun("scenes", 400), sceneBaselines, ...runsOfAll(scenes), sceneSheet],
        format: qualityTables(scenes, sceneBaselines, sceneSheet),
      },
      ablationsSection({ kl: scenes.f4, vq: scenes.vq }, shaped, {
        overrides: SMALL,
        emoji: SMALL_F16,
        numSeeds: SEEDS,
      }),
      transfusionSection([{ ...scenes.f4, label: "plain" }, ...shaped]),
      {
        name: "winners",
        runs: runsOfAll(winners),
        format: qualityTables(winners, sceneBaselines),
      },
      {
        name: "emoji",
        runs: [featuresRun("emoji", 200), emojiBaselines, ...runsOfAll(emoji), emojiSheet],
        format: qualityTables(emoji, emojiBaselines, emojiSheet),
      },
    ],
  };
}
