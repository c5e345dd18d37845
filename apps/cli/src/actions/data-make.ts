/** `interfuse data make`: writes a data set and says what is in it. */
import { writeEmoji, writeScenes } from "@interfuse/data";
import { formatCount, stderrOutput } from "@interfuse/train";
import type { DataMakeOptions } from "../commands/data-command.ts";
import { countDown } from "../count-down.ts";

/** Writes scenes to `--out`. */
export async function makeScenes({ out, size, count, seed, json, quiet }: DataMakeOptions): Promise<void> {
  const output = stderrOutput({ isQuiet: quiet, isJson: json });
  const report = await writeScenes(out, { size, numScenes: count, seed, onProgress: countDown(output, "pictures") });
  tell(out, report, json);
}

/** Writes emoji to `--out`. */
export async function makeEmoji({ out, size, json, quiet }: DataMakeOptions): Promise<void> {
  const output = stderrOutput({ isQuiet: quiet, isJson: json });
  const report = await writeEmoji(out, { size, onProgress: countDown(output, "emoji") });
  tell(out, report, json);
}

function tell(out: string, report: Readonly<Record<string, number>>, isJson: boolean): void {
  if (isJson) process.stdout.write(`${JSON.stringify({ out, ...report })}\n`);
  else {
    const words = Object.entries(report).map(([name, value]) => `${formatCount(value)} ${wordsOf(name)}`);
    process.stdout.write(`${out}: ${words.join(", ")}\n`);
  }
}

/** `numTrainExamples` -> `train examples`. */
function wordsOf(name: string): string {
  return name
    .replace(/^num/, "")
    .replaceAll(/([A-Z])/g, " $1")
    .trim()
    .toLowerCase();
}
