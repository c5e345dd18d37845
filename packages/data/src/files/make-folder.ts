/** Making a new dataset folder: built beside its place, then moved there, so that half a dataset is never taken for one. */
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, writeFailureReason } from "./write-file.ts";

/**
 * Calls `build` with a fresh folder beside `folder`, then moves it there.
 *
 * @throws Error when `folder` is already there and not empty, or `build` fails; nothing half-made is left.
 */
export async function makeFolder(folder: string, build: (folder: string) => Promise<void>): Promise<void> {
  if (await hasEntries(folder)) {
    throw new Error(`makeFolder: "${folder}" is not empty; remove it first, or choose another folder`);
  }
  const making = `${folder}.making`;
  try {
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true });
    await build(making);
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    throw new Error(`makeFolder: cannot make "${folder}": ${writeFailureReason(cause)}`, { cause });
  }
}

async function hasEntries(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length > 0;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw new Error(`makeFolder: "${folder}" is there and is not a folder; choose another place`, { cause: error });
  }
}
