/** Where a study's files lie, and the results among them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import { settingsOf } from "./settings-of.ts";
import { type Results, type Run, type RunResult, runsOf, type Study } from "./study.ts";

/** Paths in a study's folder. */
export function studyPaths(folder: string) {
  return {
    data: (name: string) => join(folder, "data", name),
    run: (id: string) => join(folder, "runs", id),
    result: (id: string) => join(folder, "results", `${id.replaceAll("/", ".")}.json`),
    log: (id: string) => join(folder, "logs", `${id.replaceAll("/", ".")}.log`),
    features: (id: string) => join(folder, "runs", id, "network.safetensors"),
    sheet: (id: string) => join(folder, "runs", id, "sheet.png"),
    tables: join(folder, "tables.md"),
  };
}

/** The result of a run as the study has it now; undefined when there is none, or one of other settings. */
async function readResult(folder: string, run: Run): Promise<RunResult | undefined> {
  const text = await readFile(studyPaths(folder).result(run.id), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const result = JSON.parse(text) as RunResult;
  return JSON.stringify(result.run) === JSON.stringify(run) ? result : undefined;
}

/** The figures of a finished run. @throws Error when it is not. */
export async function readFigures(folder: string, id: string): Promise<RunResult["figures"]> {
  const text = await readFile(studyPaths(folder).result(id), "utf8").catch((cause: unknown) => {
    throw new Error(`readFigures: run "${id}" has no result in "${folder}"`, { cause });
  });
  return (JSON.parse(text) as RunResult).figures;
}

/** Whether a result comes from the recipe as it stands now. */
export function hasCurrentSettings({ run, settings }: RunResult): boolean {
  return JSON.stringify(settings) === JSON.stringify(settingsOf(run));
}

/** Writes a run's result. */
export async function writeResult(folder: string, result: RunResult): Promise<void> {
  await writeFileAtomically(studyPaths(folder).result(result.run.id), `${JSON.stringify(result, null, 2)}\n`);
}

/** All results that a study has. */
export async function readResults(folder: string, study: Study): Promise<Results> {
  const results = new Map<string, RunResult>();
  for (const run of runsOf(study)) {
    const result = await readResult(folder, run);
    if (result !== undefined) results.set(run.id, result);
  }
  return results;
}
