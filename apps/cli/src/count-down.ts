import { type ConsoleOutput, formatBar, formatCount, logLine } from "@interfuse/train";

/** A bar on a terminal; one line at the end elsewhere. */
export function countDown(output: ConsoleOutput, what: string): (done: number, total: number) => void {
  return (done, total) => {
    if (output.isQuiet || output.isJson) return;
    if (!output.isTerminal) {
      if (done === total) logLine(output, `${formatCount(total)} ${what}`);
    } else if (done % 100 === 0 || done === total) {
      output.write(
        `\r${formatBar(done / total, 12)} ${formatCount(done)}/${formatCount(total)} ${what}${done === total ? "\n" : ""}`,
      );
    }
  };
}
