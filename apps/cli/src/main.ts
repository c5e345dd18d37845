/** The entry of the `interfuse` command: argv in, exit code out. */
import { runCli } from "./run-cli.ts";

process.exitCode = await runCli(process.argv.slice(2));
