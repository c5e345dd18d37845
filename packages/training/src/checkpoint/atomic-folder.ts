/**
 * Folders that appear whole or not at all: everything is written into a hidden sibling, flushed to disk, then renamed.
 *
 * A process killed at any moment leaves at most a hidden temporary folder, which nobody reads and the next writer removes.
 */
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import type { FileSink } from "@interfuse/tensor";

const TEMPORARY_PREFIX = ".writing-";

/**
 * Writes the folder `parent/name` through `fill`, atomically.
 *
 * @param fill writes files by relative path; may use nested paths.
 * @throws Error when `parent/name` exists already, or with the cause when writing fails (a full disk, say); then nothing is left behind.
 */
export async function writeFolderAtomically(
  parent: string,
  name: string,
  fill: (sink: FileSink) => Promise<void>,
): Promise<string> {
  const target = join(parent, name);
  const temporary = join(parent, `${TEMPORARY_PREFIX}${name}-${process.pid}`);
  await mkdir(parent, { recursive: true });
  await rm(temporary, { recursive: true, force: true });
  try {
    await mkdir(temporary);
    await fill(syncedFolderSink(temporary));
    await syncFolderTree(temporary);
    await rename(temporary, target);
    await syncFolder(parent);
  } catch (cause) {
    await rm(temporary, { recursive: true, force: true });
    throw new Error(
      `writeFolderAtomically: "${target}" could not be written (${writeFailureReason(cause)}); nothing was left behind`,
      {
        cause,
      },
    );
  }
  return target;
}

/** Removes temporary folders that a killed process left in `parent`. */
export async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const leftovers = names.filter((name) => name.startsWith(TEMPORARY_PREFIX));
  await Promise.all(leftovers.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

/**
 * Removes a folder so that no half-removed one is ever seen under its name.
 * @throws Error of the file system when it cannot be renamed or removed.
 */
export async function removeFolderAtomically(path: string): Promise<void> {
  const temporary = join(
    dirname(path),
    `${TEMPORARY_PREFIX}removed-${process.pid}-${path.slice(path.lastIndexOf(sep) + 1)}`,
  );
  await rename(path, temporary);
  await rm(temporary, { recursive: true, force: true });
}

/** A sink whose files are on disk when `write` resolves. */
function syncedFolderSink(root: string): FileSink {
  return {
    name: root,
    async write(path, bytes) {
      const target = normalize(join(root, path));
      if (!target.startsWith(root + sep)) throw new RangeError(`write: path "${path}" must stay inside the folder`);
      await mkdir(dirname(target), { recursive: true });
      const file = await open(target, "w");
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    },
  };
}

async function syncFolderTree(root: string): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true });
  for (const entry of entries) if (entry.isDirectory()) await syncFolderTree(join(root, entry.name));
  await syncFolder(root);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What went wrong with a write, in words. */
export function writeFailureReason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "no space left on the disk";
  return message;
}
