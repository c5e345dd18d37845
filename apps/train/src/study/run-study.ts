/** `npm run study`: everything that is not done yet, then the page. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFileAtomically } from "@interfuse/data";
import { UsageError } from "../config/usage-error.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { formatStudy, replaceSections } from "./page.ts";
import { runPool, type StartRun } from "./run-pool.ts";
import { type Run, runsOf, type Study } from "./study.ts";
import { makeData } from "./study-data.ts";
import { hasCurrentSettings, readResults, studyPaths } from "./study-folder.ts";

export type RunStudyOptions = {
  readonly study: Study;
  readonly folder: string;
  readonly only: readonly string[];
  readonly numJobs: number;
  readonly start: StartRun;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

/** The runs asked for, with all that they need. @throws UsageError when a name matches nothing. */
export function selectRuns(study: Study, only: readonly string[]): Run[] {
  const runs = runsOf(study);
  if (only.length === 0) return runs;
  const chosen = new Set<string>();
  for (const name of only) {
    const ofSection = study.sections.find((section) => section.name === name)?.runs;
    const matches = ofSection ?? runs.filter(({ id }) => id === name || id.startsWith(`${name}/`));
    if (matches.length === 0) {
      const known = [...study.sections.map((section) => section.name), ...runs.map(({ id }) => id)];
      throw new UsageError(`study: --only ${name} must be a section or a run: ${known.join(", ")}`);
    }
    for (const { id } of matches) chosen.add(id);
  }
  // Needs come before what needs them, so one pass from the end finds them all.
  for (const run of runs.toReversed()) if (chosen.has(run.id)) for (const id of run.needs) chosen.add(id);
  return runs.filter(({ id }) => chosen.has(id));
}

/**
 * Does the runs that have no result, and writes `tables.md`.
 * @throws InterruptedError when the signal stopped it; Error naming runs that failed, once all others are done.
 */
export async function runStudy({ study, folder, only, start, ...options }: RunStudyOptions): Promise<string> {
  const { log, signal } = options;
  const selected = selectRuns(study, only);
  const done = await readResults(folder, study);
  const missing = selected.filter(({ id }) => !done.has(id));
  for (const { id } of selected) {
    const result = done.get(id);
    if (result === undefined || hasCurrentSettings(result)) continue;
    log(
      `warning: ${id} was trained with another recipe than it has now; remove ${studyPaths(folder).result(id)} to redo it`,
    );
  }
  log(`${selected.length} runs, ${missing.length} of them to do`);
  for (const name of new Set(missing.map(({ data }) => data))) await makeData(folder, name);
  const failed = await runPool(missing, start, options);
  const tables = formatStudy(study, await readResults(folder, study));
  await writeFileAtomically(studyPaths(folder).tables, tables);
  if (signal.aborted) throw new InterruptedError("stopped");
  if (failed.length > 0) {
    throw new Error(
      `${failed.length} runs failed: ${failed.join(", ")}; see ${studyPaths(folder).log(failed[0] as string)}`,
    );
  }
  return tables;
}

/** Puts the tables and pictures that are there into the repository's page. */
export async function writePage(study: Study, folder: string, root: string): Promise<void> {
  const file = join(root, study.page);
  const results = await readResults(folder, study);
  await writeFileAtomically(file, replaceSections(await readFile(file, "utf8"), study, results));
  for (const { id, kind } of runsOf(study)) {
    if (kind !== "sheet" || !results.has(id)) continue;
    await writeFileAtomically(
      join(root, dirname(study.page), "images", `${id}.png`),
      await readFile(studyPaths(folder).sheet(id)),
    );
  }
}
