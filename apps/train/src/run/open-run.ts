import { directorySource } from "@interfuse/data";
import { type JsonObject, latestCheckpoint, readTrainingState, type TrainingState } from "@interfuse/training";
import { UsageError } from "../config/usage-error.ts";
import { computeWarning } from "./compute.ts";
import type { TrainingSettings } from "./run-training.ts";
import { assertSameRecipe } from "./same-recipe.ts";

/** Go on from the newest checkpoint: yes (it must be there), no (there must be none), or if there is one. */
export type ResumeMode = "yes" | "no" | "if-any";

/**
 * The state a run starts from: its newest checkpoint's, or undefined for a new run.
 * @throws UsageError when the folder has checkpoints or a model and none are wanted, or has none to go on from, or is no folder, or
 *   began with another recipe; Error when a checkpoint is damaged.
 */
export async function openRun(
  out: string,
  { resume, recipe, log }: { resume: ResumeMode; recipe: TrainingSettings; log: (line: string) => void },
): Promise<TrainingState | undefined> {
  const latest = await latestCheckpoint(out).catch((cause: Error) => {
    throw new UsageError(`--out ${out}: cannot be read as a folder (${cause.message}); choose another`, { cause });
  });
  if (latest === undefined) {
    if (resume === "yes")
      throw new UsageError(`--resume: no checkpoint in "${out}"; start without --resume, or name the run's folder`);
    if (resume === "no") await assertAbsent(out, "config.json");
    return undefined;
  }
  if (resume === "no") {
    throw new UsageError(`--out ${out}: holds a run (${latest.path}); go on with --resume, or choose another folder`);
  }
  const state = await readTrainingState(latest.path);
  assertSameRecipe(recipe, state);
  const warning = computeWarning((state.config.compute ?? {}) as JsonObject);
  if (warning !== undefined) log(`warning: ${warning}`);
  return state;
}

/** @throws UsageError when the folder holds the file, which would be replaced. */
export async function assertAbsent(out: string, file: string): Promise<void> {
  if (!(await directorySource(out).exists(file))) return;
  throw new UsageError(`--out ${out}: already holds "${file}", which would be replaced; choose another folder`);
}
