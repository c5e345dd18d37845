/** One run of a study, in the process that is there for it. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import type { BackendReport } from "@interfuse/tensor";
import { runBaselines } from "./kinds/run-baselines.ts";
import { runFeatures } from "./kinds/run-features.ts";
import { runModel } from "./kinds/run-model.ts";
import { runSheet } from "./kinds/run-sheet.ts";
import { runTokenizer } from "./kinds/run-tokenizer.ts";
import { settingsOf } from "./settings-of.ts";
import type { Run, RunResult } from "./study.ts";
import { studyPaths, writeResult } from "./study-folder.ts";

/** What every kind of run is given. */
export type RunContext = {
  /** The study's folder. */
  readonly folder: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * Does a run and writes its result; goes on with what a stopped one left, unless that had other settings.
 * @throws InterruptedError when the signal stopped it; whatever training throws.
 */
export async function runOne(
  run: Run,
  { backend, ...context }: RunContext & { readonly backend: BackendReport },
): Promise<RunResult> {
  await claimFolder(studyPaths(context.folder).run(run.id), run);
  const figures = await figuresOf(run, context);
  const { user, system } = process.cpuUsage();
  const result: RunResult = {
    run,
    settings: settingsOf(run),
    figures,
    processorSeconds: (user + system) / 1e6,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} x ${cpus()[0]?.model.trim()}; ${backend.backend}, ${backend.precision}, ${backend.threads} thread(s) a run; Node ${process.versions.node}`,
  };
  await writeResult(context.folder, result);
  return result;
}

function figuresOf(run: Run, context: RunContext): Promise<Record<string, number>> {
  switch (run.kind) {
    case "tokenizer":
      return runTokenizer(run, context);
    case "model":
      return runModel(run, context);
    case "features":
      return runFeatures(run, context);
    case "baselines":
      return runBaselines(run, context);
    case "sheet":
      return runSheet(run, context);
  }
}

/** Makes the run's folder its own: what a run of other settings left is removed. */
async function claimFolder(folder: string, run: Run): Promise<void> {
  const file = join(folder, "run.json");
  const text = JSON.stringify(run);
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (before === text) return;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(file, text);
}
