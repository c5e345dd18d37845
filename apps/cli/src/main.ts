/** The entry of the `interfuse` command: argv in, exit code out. */
import { runCli } from "./run-cli.ts";

/** Of a program that a closed pipe has ended. */
const CLOSED_PIPE = 141;

process.stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
  // Whoever reads the output wants no more, as in "interfuse ... | head".
  if (code === "EPIPE") process.exit(CLOSED_PIPE);
  process.stderr.write(`interfuse: the output cannot be written: ${message}\n`);
  process.exit(1);
});

process.exitCode = await runCli(process.argv.slice(2));
