/** Which files of a folder are pictures. */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

const EXTENSIONS = [".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif", ".tif", ".tiff"];

/** Of pictures too, but not read here. */
const OTHER_PICTURES = /\.(bmp|heic|heif|ico|jfif|jp2|jxl|psd|svg|tga)$/i;

/** The endings that count as pictures, for messages. */
export const PICTURE_ENDINGS = EXTENSIONS.join(" ");

/**
 * All files in a folder and its subfolders, by path relative to it with "/", sorted; hidden ones are left out. Links are followed,
 * to files and folders, but not back to a folder that they are in; a link to nothing counts as a file.
 */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  const list = async (path: string, above: readonly string[]): Promise<void> => {
    const place = await realpath(join(folder, path));
    if (above.includes(place)) return;
    for (const entry of await readdir(place, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue;
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      const kind = entry.isSymbolicLink() ? await stat(join(place, entry.name)).catch(() => undefined) : entry;
      if (kind?.isDirectory()) await list(inner, [...above, place]);
      else if (kind === undefined || kind.isFile()) files.push(inner);
    }
  };
  await list("", []);
  return files.sort();
}

/** Whether a file's name ends like a picture's. */
export function isPictureFile(path: string): boolean {
  const lower = path.toLowerCase();
  return EXTENSIONS.some((extension) => lower.endsWith(extension));
}

/** Whether a file's name ends like that of a picture of a form that is not read. */
export function isOtherPictureFile(path: string): boolean {
  return OTHER_PICTURES.test(path);
}
