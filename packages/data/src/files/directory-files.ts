/** A folder on disk as `FileSource` and `FileSink`, the types through which models are read and written. */
import { access, readFile } from "node:fs/promises";
import { isAbsolute, join, normalize, sep } from "node:path";
import type { FileSink, FileSource } from "@interfuse/tensor";
import { recoverFolder } from "./recover-folder.ts";
import { errorCode, writeFileAtomically } from "./write-file.ts";

/**
 * Reads files of a folder by relative path. A replacement of the folder that was cut off (see `writeFolderAtomically`)
 * is put right before the first read.
 */
export function directorySource(folder: string): FileSource {
  let recovered: Promise<void> | undefined;
  const ready = () => {
    recovered ??= recoverFolder(folder);
    return recovered;
  };
  return {
    name: folder,
    async read(path) {
      const file = resolveInside(folder, path);
      await ready();
      try {
        return await readFile(file);
      } catch (cause) {
        const reason = errorCode(cause) === "ENOENT" ? "no such file" : (cause as Error).message;
        throw new Error(`directorySource: cannot read "${file}": ${reason}`, { cause });
      }
    },
    async exists(path) {
      const file = resolveInside(folder, path);
      await ready();
      return access(file).then(
        () => true,
        () => false,
      );
    },
  };
}

/** Writes files into a folder by relative path, each whole or not at all. */
export function directorySink(folder: string): FileSink {
  return {
    name: folder,
    write: (path, bytes) => writeFileAtomically(resolveInside(folder, path), bytes),
  };
}

/**
 * Joins a relative path to a folder.
 *
 * @throws RangeError when the path would leave the folder, so that a data file cannot name files elsewhere.
 */
export function resolveInside(folder: string, path: string): string {
  const normal = normalize(path);
  if (path === "" || isAbsolute(path) || normal === ".." || normal.startsWith(`..${sep}`)) {
    throw new RangeError(`resolveInside: path (="${path}") must be relative and stay inside "${folder}"`);
  }
  return join(folder, normal);
}
