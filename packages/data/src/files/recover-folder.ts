/** The other half of `writeFolderAtomically`: putting right what a kill in the middle of a replacement left behind. */
import { access, rename, rm } from "node:fs/promises";

/** Puts back the old folder when a replacement was cut off between its two renames, and removes what one left behind. */
export async function recoverFolder(folder: string): Promise<void> {
  const replaced = `${folder}.replaced`;
  if (!(await isThere(replaced))) return;
  if (await isThere(folder)) await rm(replaced, { recursive: true, force: true });
  else await rename(replaced, folder);
}

/** Whether there is a file or folder at a path. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
