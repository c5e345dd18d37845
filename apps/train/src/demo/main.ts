/** The entry of `npm run demo`, after set-up. */
import { useBackend } from "@interfuse/tensor";
import { UsageError } from "../config/usage-error.ts";
import { stderrOutput } from "../reporting/console-output.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { parseDemoOptions } from "./options.ts";
import { runDemo } from "./run-demo.ts";

const controller = new AbortController();
const stop = () => {
  if (controller.signal.aborted) process.exit(130);
  process.stderr.write("\nstopping; once more to stop at once\n");
  controller.abort(new InterruptedError("stopped"));
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

try {
  const options = parseDemoOptions(process.argv.slice(2));
  await runDemo(options, { backend: await useBackend(), output: stderrOutput(), signal: controller.signal });
} catch (error) {
  const { message, stack } = error as Error;
  if (error instanceof InterruptedError) {
    process.stderr.write('demo: stopped; "npm run demo" goes on from here\n');
    process.exitCode = 130;
  } else {
    process.stderr.write(`demo: ${process.env.DEBUG ? stack : message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
