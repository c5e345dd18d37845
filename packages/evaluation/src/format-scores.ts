/** A report's scores as text, for a terminal or a document. */
import type { SceneScore } from "./evaluate-scenes.ts";

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

/** A Markdown table: one row a task in bold, one a kind below it. */
export function formatScores(scores: readonly SceneScore[]): string {
  const rows = scores.map(({ task, kind, numCases, numRight, accuracy, low, high }) => [
    kind === undefined ? `**${task}**` : `${task}: ${kind}`,
    `${numRight} / ${numCases}`,
    percent(accuracy),
    `${percent(low)} – ${percent(high)}`,
  ]);
  const table = [["task", "right", "accuracy", "95% interval"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => (row[column] as string).length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number)).join(" | ")} |`;
  const [header, ...body] = table.map(line) as [string, ...string[]];
  return [header, line(widths.map((width) => "-".repeat(width))), ...body].join("\n");
}
