/** Where a command's words go: stderr for people, and how they may look. */
export type ConsoleOutput = {
  /** Takes whole text, newlines included. */
  readonly write: (text: string) => void;
  /** A terminal that understands `\r` and escape codes. */
  readonly isTerminal: boolean;
  readonly useColor: boolean;
  /** Cells in a line. */
  readonly columns: number;
  /** Say nothing but errors. */
  readonly isQuiet: boolean;
  /** Progress as JSON lines instead of text. */
  readonly isJson: boolean;
};

/** The process's stderr; colour by https://no-color.org. */
export function stderrOutput({ isQuiet = false, isJson = false } = {}): ConsoleOutput {
  const isTerminal = process.stderr.isTTY === true && process.env.TERM !== "dumb";
  return {
    write: (text) => void process.stderr.write(text),
    isTerminal,
    useColor: isTerminal && (process.env.NO_COLOR ?? "") === "",
    columns: process.stderr.columns ?? 100,
    isQuiet,
    isJson,
  };
}

/** Prints one line for people, unless quiet; as a JSON object when asked to. */
export function logLine(output: ConsoleOutput, message: string): void {
  if (output.isQuiet) return;
  output.write(output.isJson ? `${JSON.stringify({ type: "log", message })}\n` : `${message}\n`);
}
