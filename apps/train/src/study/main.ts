/** The entry of `npm run study`, after set-up; starts itself again for each run. */
import { fileURLToPath } from "node:url";
import { useBackend } from "@interfuse/tensor";
import { UsageError } from "../config/usage-error.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { parseStudyOptions, type StudyOptions } from "./options.ts";
import { runOne } from "./run-one.ts";
import { childProcesses } from "./run-pool.ts";
import { runStudy, selectRuns, writePage } from "./run-study.ts";
import { runsOf } from "./study.ts";
import { readResults, studyPaths } from "./study-folder.ts";

const MAIN = fileURLToPath(import.meta.url);
const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

const controller = new AbortController();
const stop = () => {
  if (controller.signal.aborted) process.exit(130);
  process.stderr.write("stopping; once more to stop at once\n");
  controller.abort(new InterruptedError("stopped"));
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);

const log = (line: string) => void process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);

try {
  const options = parseStudyOptions(process.argv.slice(2));
  if (options.run !== undefined) await doRun(options, options.run);
  else if (options.isList) await list(options);
  else await doStudy(options);
} catch (error) {
  const { message, stack } = error as Error;
  if (error instanceof InterruptedError) {
    process.stderr.write("study: stopped; the same command goes on from here\n");
    process.exitCode = 130;
  } else {
    process.stderr.write(`study: ${process.env.DEBUG ? stack : message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function doRun({ study, out }: StudyOptions, id: string): Promise<void> {
  const run = runsOf(study).find((candidate) => candidate.id === id);
  if (run === undefined) throw new UsageError(`study: --run ${id} is no run of ${study.name}; see --list`);
  const backend = await useBackend({ threads: 1 });
  const { figures } = await runOne(run, { folder: out, backend, log, signal: controller.signal });
  log(JSON.stringify(figures));
}

async function doStudy({ study, out, only, numJobs, writesPage }: StudyOptions): Promise<void> {
  const { signal } = controller;
  const start = childProcesses(
    ({ id }) => ({ args: [MAIN, study.name, "--out", out, "--run", id], log: studyPaths(out).log(id) }),
    signal,
  );
  process.stdout.write(await runStudy({ study, folder: out, only, numJobs, start, log, signal }));
  if (writesPage) await writePage(study, out, ROOT);
}

async function list({ study, out, only }: StudyOptions): Promise<void> {
  const results = await readResults(out, study);
  for (const { id } of selectRuns(study, only)) {
    const result = results.get(id);
    process.stdout.write(
      `${id}: ${result === undefined ? "to do" : `done, ${Math.round(result.processorSeconds)} s`}\n`,
    );
  }
}
