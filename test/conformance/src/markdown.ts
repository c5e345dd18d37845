/** Markdown as the repository's formatter writes it. */

/** A table whose columns are as wide as their longest cell. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Text on one line, with what Markdown would take for markup escaped. */
export function escaped(text: string): string {
  return text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[<>[\]*_|\\`]/g, "\\$&");
}
