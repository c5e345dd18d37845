/** Asks a terminal something and reads what it answers, which arrives like typed keys. */
import type { ReadStream, WriteStream } from "node:tty";

/** The parts of a terminal's streams that are used. */
export type TerminalStreams = {
  readonly input: Pick<ReadStream, "isTTY" | "isRaw" | "setRawMode" | "on" | "off" | "resume" | "pause">;
  readonly output: Pick<WriteStream, "isTTY" | "write">;
};

export type QueryOptions = TerminalStreams & {
  /** Whether all has come that is waited for. */
  readonly isComplete: (answer: string) => boolean;
  /** Time for a terminal that does not answer. */
  readonly timeoutMs?: number;
};

/** Resolves to all that came, empty when nothing did. */
export function queryTerminal(
  query: string,
  { input, output, isComplete, timeoutMs = 300 }: QueryOptions,
): Promise<string> {
  return new Promise((resolve) => {
    const wasRaw = input.isRaw;
    let answer = "";
    const finish = () => {
      clearTimeout(timer);
      input.off("data", take);
      input.setRawMode(wasRaw);
      input.pause();
      resolve(answer);
    };
    const take = (data: Buffer) => {
      answer += data.toString("latin1");
      if (isComplete(answer)) finish();
    };
    const timer = setTimeout(finish, timeoutMs);
    // Otherwise the terminal waits for the end of a line, and shows the answer.
    input.setRawMode(true);
    input.on("data", take);
    input.resume();
    output.write(query);
  });
}
