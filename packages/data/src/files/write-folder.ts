/**
 * Replacing a whole folder so that a kill at any moment leaves the old one or the new one.
 *
 * The new content is written to `NAME.writing` and flushed. Folders cannot be exchanged in one step everywhere, so the
 * old one is first renamed to `NAME.replaced`; a kill between the two renames leaves no `NAME`, and `recoverFolder`
 * (called by every reader and writer here) puts the old one back.
 */
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { FileSink } from "@interfuse/tensor";
import { directorySink } from "./directory-files.ts";
import { isThere, recoverFolder } from "./recover-folder.ts";
import { errorCode, syncFolder, writeFailureReason } from "./write-file.ts";

/**
 * Calls `write` with a sink for a fresh folder, then puts that folder in the place of `folder`. Only one writer at a time.
 *
 * @throws Error when writing fails; what was at `folder` before is still there and the new files are removed.
 */
export async function writeFolderAtomically(folder: string, write: (sink: FileSink) => Promise<void>): Promise<void> {
  const writing = `${folder}.writing`;
  await recoverFolder(folder);
  try {
    await rm(writing, { recursive: true, force: true });
    await mkdir(writing, { recursive: true });
    await write(directorySink(writing));
    await syncFolder(writing);
    await replaceFolder(folder, writing);
  } catch (cause) {
    await rm(writing, { recursive: true, force: true });
    const kept = (await isThere(folder)) ? "; what was there before is untouched" : "";
    throw new Error(`writeFolder: cannot write "${folder}": ${writeFailureReason(rootCause(cause))}${kept}`, { cause });
  }
}

async function replaceFolder(folder: string, writing: string): Promise<void> {
  const replaced = `${folder}.replaced`;
  for (let attempt = 0; ; attempt++) {
    if (await isThere(folder)) await rename(folder, replaced);
    try {
      await rename(writing, folder);
      break;
    } catch (error) {
      // A reader in another process may have put the old folder back between the two renames.
      if (attempt === 3 || !["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
    }
  }
  await syncFolder(dirname(folder));
  await rm(replaced, { recursive: true, force: true });
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? rootCause(error.cause) : error;
}
