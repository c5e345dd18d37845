/** `interfuse data inspect`: what a data set holds, and what is wrong with it. */
import { type DatasetReport, inspectDataset } from "@interfuse/data";
import { formatCount } from "@interfuse/train";
import type { GlobalOptions } from "../global-options.ts";

/** How many sizes of pictures the text lists before it only counts. */
const SIZES_LISTED = 5;

/** Prints a report of every part: text, or with --json one object. */
export async function inspectData(path: string, { json }: GlobalOptions): Promise<void> {
  const reports = await inspectDataset(path);
  if (json) process.stdout.write(`${JSON.stringify(reports)}\n`);
  else
    process.stdout.write(
      Object.entries(reports)
        .map(([split, report]) => describe(split, report))
        .join("\n"),
    );
}

function describe(split: string, report: DatasetReport): string {
  return [
    `${split}: ${report.folder} (${report.kind})`,
    `  examples  ${formatCounts(Object.entries(report.examplesByTask))}`,
    `  pictures  ${formatCount(report.numPictures)} (${formatSizes(report.sizes)})`,
    ...report.warnings.map((warning) => `  warning   ${warning}`),
    ...report.unreadable.map(({ reason }) => `  warning   ${reason.replace("loadPicture: ", "")}`),
    "",
  ].join("\n");
}

/** The most frequent sizes, those as frequent by their names, and how many others there are. */
function formatSizes(sizes: DatasetReport["sizes"]): string {
  const byCount = Object.entries(sizes).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const listed = formatCounts(byCount.slice(0, SIZES_LISTED));
  const others = byCount.slice(SIZES_LISTED);
  if (others.length === 0) return listed;
  const numPictures = others.reduce((sum, [, count]) => sum + count, 0);
  return `${listed}, and ${formatCount(numPictures)} pictures of ${formatCount(others.length)} other sizes`;
}

function formatCounts(counts: readonly (readonly [name: string, count: number])[]): string {
  return counts.map(([name, count]) => `${name} ${formatCount(count)}`).join(", ");
}
