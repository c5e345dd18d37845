/** `interfuse data inspect`: what a data set holds, and what is wrong with it. */
import { type DatasetReport, inspectDataset } from "@interfuse/data";
import { formatCount } from "@interfuse/train";
import type { GlobalOptions } from "../global-options.ts";

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
  const counts = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, count]) => `${name} ${formatCount(count)}`)
      .join(", ");
  return [
    `${split}: ${report.folder} (${report.kind})`,
    `  examples  ${counts(report.examplesByTask)}`,
    `  pictures  ${formatCount(report.numPictures)} (${counts(report.sizes)})`,
    ...report.warnings.map((warning) => `  warning   ${warning}`),
    ...report.unreadable.map(({ reason }) => `  warning   ${reason.replace("loadPicture: ", "")}`),
    "",
  ].join("\n");
}
