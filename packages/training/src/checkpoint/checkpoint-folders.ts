/** Where a run's checkpoints lie: `OUT/checkpoint-000500`, found by scanning, the oldest removed beyond a limit. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeFolderAtomically } from "./atomic-folder.ts";

/** A finished checkpoint on disk. */
export type CheckpointFolder = { readonly step: number; readonly path: string };

/** The folder name of a step's checkpoint: six digits, more when needed. */
export function checkpointName(step: number): string {
  return `checkpoint-${String(step).padStart(6, "0")}`;
}

/** All checkpoints of a run, oldest first; none when the folder does not exist. */
export async function listCheckpoints(runFolder: string): Promise<CheckpointFolder[]> {
  const entries = await readdir(runFolder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const digits = /^checkpoint-(\d{6,})$/.exec(name)?.[1];
      return digits === undefined ? [] : [{ step: Number(digits), path: join(runFolder, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/** The newest checkpoint of a run, or undefined when there is none. */
export async function latestCheckpoint(runFolder: string): Promise<CheckpointFolder | undefined> {
  return (await listCheckpoints(runFolder)).at(-1);
}

/**
 * Removes the oldest checkpoints until `keep` are left.
 * @throws RangeError when `keep` is not a positive whole number.
 */
export async function pruneCheckpoints(runFolder: string, keep: number): Promise<void> {
  if (!Number.isInteger(keep) || keep < 1) {
    throw new RangeError(`pruneCheckpoints: keep (=${keep}) must be a positive whole number of checkpoints`);
  }
  const checkpoints = await listCheckpoints(runFolder);
  for (const { path } of checkpoints.slice(0, -keep)) await removeFolderAtomically(path);
}
