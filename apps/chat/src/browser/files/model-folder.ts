/** The model folder among files that a user picked or dropped: the folder itself, or one inside it. */
import type { ModelPlace, PickedFile } from "../protocol.ts";

/** Folders deeper than this are not looked into: nobody means a model that deep inside what they drop. */
const MAX_DEPTH = 4;

type FolderPlace = Extract<ModelPlace, { kind: "folder" }>;

/**
 * The files of a folder picked by `<input type="file" webkitdirectory>`.
 * @throws Error when no model folder is among them
 */
export function pickedFolder(files: Iterable<File>): FolderPlace {
  return findModelFolder([...files].map((file) => ({ path: file.webkitRelativePath, file })));
}

/** A folder among what was dropped; undefined when there is none. Call it before the drop's handler returns. */
export function droppedFolder(items: DataTransferItemList | undefined): FileSystemDirectoryEntry | undefined {
  for (const item of items ?? []) {
    const entry = item.webkitGetAsEntry();
    if (entry?.isDirectory) return entry as FileSystemDirectoryEntry;
  }
  return undefined;
}

/** @throws Error when it holds no model folder, or cannot be read */
export async function readDroppedFolder(folder: FileSystemDirectoryEntry): Promise<FolderPlace> {
  const files: PickedFile[] = [];
  await collect(folder, { path: folder.name, files });
  return findModelFolder(files);
}

/** @throws Error when none of the folders is a model */
function findModelFolder(files: readonly PickedFile[]): FolderPlace {
  const depth = (path: string) => path.split("/").length;
  const config = files
    .filter(({ path }) => path.endsWith("/config.json"))
    .filter(({ path }) => files.some((other) => other.path === path.replace(/config\.json$/, "tokenizer.json")))
    .toSorted((a, b) => depth(a.path) - depth(b.path))[0];
  if (config === undefined) {
    throw new Error(
      'this is no model folder: it has no config.json with a tokenizer.json beside it; pick the folder that "interfuse train model --out" wrote',
    );
  }
  const root = config.path.slice(0, -"config.json".length);
  return {
    kind: "folder",
    name: root.slice(0, -1),
    files: files
      .filter(({ path }) => path.startsWith(root))
      .map(({ path, file }) => ({ path: path.slice(root.length), file })),
  };
}

async function collect(
  folder: FileSystemDirectoryEntry,
  { path, files }: { path: string; files: PickedFile[] },
): Promise<void> {
  for (const entry of await entriesOf(folder)) {
    const entryPath = `${path}/${entry.name}`;
    if (entry.isFile) files.push({ path: entryPath, file: await fileOf(entry as FileSystemFileEntry) });
    else if (entryPath.split("/").length <= MAX_DEPTH) {
      await collect(entry as FileSystemDirectoryEntry, { path: entryPath, files });
    }
  }
}

/** Browsers give entries in lots of at most 100. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const lot = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (lot.length === 0) return all;
    all.push(...lot);
  }
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
