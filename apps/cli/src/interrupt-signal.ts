import { type ConsoleOutput, logLine } from "@interfuse/train";

/** Aborts on the first Ctrl-C (or SIGTERM), so that the run can save; the second one ends the process at once. */
export function interruptSignal(output: ConsoleOutput): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    logLine(output, "stopping after this step and saving; once more to stop at once");
    controller.abort();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return controller.signal;
}
