/** Parses a command line, runs its command and turns every outcome into an exit code: 0, 1 failure, 2 usage, 130 interrupted. */
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";

/** Runs the CLI on the arguments after `interfuse`; messages of errors go to stderr, with their stack when DEBUG is set. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...argv], { from: "user" });
    return typeof process.exitCode === "number" ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { name, message, stack } =
      error instanceof Error ? error : { name: "", message: String(error), stack: undefined };
    const isDebug = (process.env.DEBUG ?? "") !== "";
    process.stderr.write(`interfuse: ${isDebug && stack !== undefined ? stack : message}\n`);
    if (name === "InterruptedError") return 130;
    return name === "UsageError" ? 2 : 1;
  }
}
