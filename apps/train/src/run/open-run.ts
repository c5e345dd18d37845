import { latestCheckpoint, readTrainingState, type TrainingState } from "@interfuse/training";
import { UsageError } from "../config/usage-error.ts";

/** Go on from the newest checkpoint: yes (it must be there), no (there must be none), or if there is one. */
export type ResumeMode = "yes" | "no" | "if-any";

/**
 * The state a run starts from: its newest checkpoint's, or undefined for a new run.
 * @throws UsageError when the folder has checkpoints and none are wanted, or the other way round; Error when a checkpoint is damaged.
 */
export async function openRun(out: string, resume: ResumeMode): Promise<TrainingState | undefined> {
  const latest = await latestCheckpoint(out);
  if (latest === undefined) {
    if (resume === "yes")
      throw new UsageError(`--resume: no checkpoint in "${out}"; start without --resume, or name the run's folder`);
    return undefined;
  }
  if (resume === "no") {
    throw new UsageError(`--out ${out}: holds a run (${latest.path}); go on with --resume, or choose another folder`);
  }
  return readTrainingState(latest.path);
}
