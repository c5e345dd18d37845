/** A study's runs side by side, each in a process of its own. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Run } from "./study.ts";

/** One process: starts a run, resolves with its exit code. */
export type StartRun = (run: Run) => Promise<number>;

export type PoolOptions = {
  readonly numJobs: number;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
};

/**
 * Does runs, at most `numJobs` at a time, each after those that it needs. A failed run fails those that need it; the others go on.
 * @param runs Those that others need come first; needs that are not among them count as done.
 * @returns The ids of runs that failed, or were not started because of one that did or because the signal stopped them.
 */
export async function runPool(
  runs: readonly Run[],
  start: StartRun,
  { numJobs, log, signal }: PoolOptions,
): Promise<string[]> {
  const waiting = [...runs];
  const active = new Map<string, Promise<void>>();
  const failed = new Set<string>();
  let numDone = 0;
  const launch = (run: Run) => {
    log(`${run.id}: started`);
    const begin = performance.now();
    const finished = start(run).then((code) => {
      active.delete(run.id);
      numDone += 1;
      if (code !== 0) failed.add(run.id);
      const seconds = Math.round((performance.now() - begin) / 1000);
      log(`${run.id}: ${code === 0 ? `done in ${seconds} s` : `failed (exit ${code})`}, ${numDone} of ${runs.length}`);
    });
    active.set(run.id, finished);
  };
  while (waiting.length > 0 || active.size > 0) {
    const hopeless = waiting.find(({ needs }) => needs.some((id) => failed.has(id)));
    if (hopeless !== undefined) {
      log(`${hopeless.id}: left out, as what it needs failed`);
      failed.add(hopeless.id);
      waiting.splice(waiting.indexOf(hopeless), 1);
      continue;
    }
    const isOpen = (id: string) => active.has(id) || waiting.some((run) => run.id === id);
    const ready = waiting.find(({ needs }) => !needs.some(isOpen));
    if (signal.aborted && active.size === 0) break;
    if (ready !== undefined && active.size < numJobs && !signal.aborted) {
      waiting.splice(waiting.indexOf(ready), 1);
      launch(ready);
    } else if (active.size > 0) await Promise.race(active.values());
  }
  return [...failed, ...waiting.map(({ id }) => id)];
}

/** Starts this program again for one run, with its output in a log file; the signal is passed on. */
export function childProcesses(
  argumentsOf: (run: Run) => { readonly args: readonly string[]; readonly log: string },
  signal: AbortSignal,
): StartRun {
  return async (run) => {
    const { args, log } = argumentsOf(run);
    await mkdir(dirname(log), { recursive: true });
    const output = createWriteStream(log);
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.pipe(output);
    child.stderr.pipe(output);
    const stop = () => child.kill("SIGTERM");
    signal.addEventListener("abort", stop);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        signal.removeEventListener("abort", stop);
        output.end();
        resolve(code ?? 1);
      });
    });
  };
}
