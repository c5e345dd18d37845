import { mkdirSync, renameSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";

/**
 * Unpacks a zip archive into `folder`, replacing it; the folder appears only when every file is there and whole.
 *
 * yauzl refuses names that lead out of the folder. Every entry becomes a plain file: a symbolic link would become a file
 * with its target's name in it, and no file is executable; PyTorch's archives need neither.
 *
 * @throws Error naming the archive when it is no zip archive, is cut off or damaged, or has an entry outside the folder
 */
export async function unpackArchive(archive: string, folder: string): Promise<void> {
  const unpacking = `${folder}.${process.pid}`;
  rmSync(unpacking, { recursive: true, force: true });
  mkdirSync(unpacking, { recursive: true });
  try {
    const zip = await openPromise(archive);
    for await (const entry of zip.eachEntry()) {
      const path = join(unpacking, entry.fileName);
      mkdirSync(entry.fileName.endsWith("/") ? path : dirname(path), { recursive: true });
      if (!entry.fileName.endsWith("/")) await unpackFile(zip, entry, path);
    }
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacking, folder);
  } catch (cause) {
    throw new Error(`"${archive}" cannot be unpacked: ${(cause as Error).message}`, { cause });
  } finally {
    rmSync(unpacking, { recursive: true, force: true });
  }
}

/** yauzl checks sizes but not the checksum. */
async function unpackFile(zip: ZipFile, entry: Entry, path: string): Promise<void> {
  let checksum = 0;
  const content = await zip.openReadStreamPromise(entry);
  async function* checked() {
    for await (const chunk of content as AsyncIterable<Buffer>) {
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  }
  await writeFile(path, checked());
  if (checksum !== entry.crc32) throw new Error(`"${entry.fileName}" is damaged: its checksum does not match`);
}
