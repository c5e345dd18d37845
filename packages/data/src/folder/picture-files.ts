/** Which files of a folder are pictures. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const EXTENSIONS = [".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".tif", ".tiff"];

/** The endings that count as pictures, for messages. */
export const PICTURE_ENDINGS = EXTENSIONS.join(" ");

/** All files in a folder and its subfolders, by path relative to it with "/", sorted; hidden ones are left out. */
export async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length).replaceAll("\\", "/"))
    .filter((path) => !path.split("/").some((name) => name.startsWith(".")))
    .sort();
}

/** Whether a file's name ends like a picture's. */
export function isPictureFile(path: string): boolean {
  const lower = path.toLowerCase();
  return EXTENSIONS.some((extension) => lower.endsWith(extension));
}
