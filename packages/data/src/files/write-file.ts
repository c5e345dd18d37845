/** Writing files so that a crash, a kill or a full disk leaves the old content or the new one, never a part. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file whole or not at all: a temporary file beside it, flushed to disk, then renamed over it. Missing folders
 * are made.
 *
 * @throws Error naming the file when it cannot be written; the old file, if any, is untouched.
 */
export async function writeFileAtomically(file: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(file);
  const temporary = temporaryBeside(file);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
    await syncFolder(folder);
  } catch (cause) {
    // What went wrong first is what is told.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Error(`writeFile: cannot write "${file}": ${writeFailureReason(cause)}`, { cause });
  }
}

/** Removes what killed writers left in a folder and below it; to be called while nobody writes there. */
export async function removeTemporaryFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  });
  const temporary = entries.filter((entry) => entry.isFile() && TEMPORARY_NAME.test(entry.name));
  await Promise.all(temporary.map(({ parentPath, name }) => rm(join(parentPath, name), { force: true })));
}

/**
 * Before work whose result goes into a file: makes missing folders, and tries a file beside it.
 *
 * @throws Error naming the file when it could not be written.
 */
export async function assertWritable(file: string): Promise<void> {
  const trial = temporaryBeside(file);
  try {
    await mkdir(dirname(file), { recursive: true });
    const there = await stat(file).catch(() => undefined);
    if (there?.isDirectory()) throw Object.assign(new Error("a folder is there"), { code: "EISDIR" });
    await (await open(trial, "wx")).close();
    await rm(trial);
  } catch (cause) {
    throw new Error(`writeFile: cannot write "${file}": ${writeFailureReason(cause)}`, { cause });
  }
}

/** What `temporaryBeside` names. */
const TEMPORARY_NAME = /^\..+\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

function temporaryBeside(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
}

/** Flushes a folder's entries (renames and new names) to disk, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What went wrong with a write, with the remedy for the common causes. */
export function writeFailureReason(cause: unknown): string {
  const code = errorCode(cause);
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full; free some space and try again";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "no permission to write there";
  if (code === "ENOTDIR" || code === "EEXIST" || code === "EISDIR") return "another file or folder is in the way";
  return cause instanceof Error ? cause.message : String(cause);
}

/** The system's code of an error or of the one that caused it, such as "ENOENT". */
export function errorCode(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && typeof current.code === "string") return current.code;
  }
  return undefined;
}
