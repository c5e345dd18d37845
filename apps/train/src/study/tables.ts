/** Results as Markdown tables. */
import { type Estimate, estimate, formatEstimate } from "./statistics.ts";
import type { Results } from "./study.ts";

/** One figure of a table: its key among a run's figures, how it is called and written. */
export type Column = {
  readonly figure: string;
  readonly title: string;
  readonly format: (value: number) => string;
};

/** One line: the runs of all seeds. `prefix` stands before the figures' names, for runs that measured several things. */
export type Row = { readonly label: string; readonly runs: readonly string[]; readonly prefix?: string };

/** A change, by runs of the same seeds in the same order. */
export type Comparison = {
  readonly label: string;
  readonly without: readonly string[];
  readonly with: readonly string[];
  readonly effects: readonly Effect[];
};

/** A figure that a change moves. */
export type Effect = Column & {
  /** Differences as shares of the figure without the change. */
  readonly isRelative?: boolean;
  /** What is hoped for, in words. */
  readonly hoped: string;
};

const NONE = "–";
const NOT_RUN = "not run";

/** Figures by row, each a mean over the seeds with its interval. */
export function figuresTable(rows: readonly Row[], columns: readonly Column[], results: Results): string {
  return markdownTable(
    ["", ...columns.map(({ title }) => title)],
    rows.map(({ label, runs, prefix = "" }) => [
      label,
      ...columns.map(({ figure, format }) => {
        const values = valuesOf(runs, prefix + figure, results);
        if (values === undefined) return NOT_RUN;
        return values.length === 0 ? NONE : formatEstimate(estimate(values), format);
      }),
    ]),
  );
}

/** Differences that changes make, paired by seed. */
export function effectsTable(comparisons: readonly Comparison[], results: Results): string {
  const header = ["change", "figure", "without", "with", "difference", "hoped for"];
  return markdownTable(
    header,
    comparisons.flatMap((comparison) =>
      comparison.effects.map((effect, index) => [
        index === 0 ? comparison.label : "",
        effect.title,
        ...effectCells(comparison, effect, results),
        effect.hoped,
      ]),
    ),
  );
}

function effectCells(
  comparison: Comparison,
  { figure, format, isRelative = false }: Effect,
  results: Results,
): string[] {
  const [without, changed] = [comparison.without, comparison.with].map((runs) => valuesOf(runs, figure, results));
  if (without === undefined || changed === undefined) return [NOT_RUN, NOT_RUN, NOT_RUN];
  const differences = changed.map((value, seed) => {
    const before = without[seed] as number;
    return isRelative ? value / before - 1 : value - before;
  });
  const difference: Estimate = estimate(differences);
  const sign = difference.mean > 0 ? "+" : "";
  return [
    formatEstimate(estimate(without), format),
    formatEstimate(estimate(changed), format),
    sign + formatEstimate(difference, isRelative ? percent : format),
  ];
}

/** The figure of every seed; empty when these runs have no such figure, undefined until all of them are done. */
function valuesOf(runs: readonly string[], figure: string, results: Results): number[] | undefined {
  const found = runs.map((id) => results.get(id)?.figures);
  if (found.some((figures) => figures === undefined)) return undefined;
  return found.flatMap((figures) => figures?.[figure] ?? []);
}

/** A table with its columns aligned. */
function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** `28.13`, `28.1 dB`, ... */
export function fixed(digits: number, unit = ""): (value: number) => string {
  return (value) => `${value.toFixed(digits)}${unit}`;
}

/** `83.5%` */
export function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}
