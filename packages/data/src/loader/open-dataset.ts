/** Opening a dataset: find out its form, read its rows, read every picture once, and say what is wrong with it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { CHAT_FILE, type ChatRow, parseChatRows, picturesOfRow } from "../chat-jsonl/chat-row.ts";
import { checkDecodeOptions, type DecodeOptions } from "../files/decode-options.ts";
import { readTextFile } from "../files/read-text.ts";
import { isThere } from "../files/recover-folder.ts";
import { errorCode } from "../files/write-file.ts";
import { type FolderRows, readFolderRows } from "../folder/folder-rows.ts";
import { METADATA_FILES } from "../folder/metadata.ts";
import { isPictureFile, listFiles, PICTURE_ENDINGS } from "../folder/picture-files.ts";
import { unreadCaptionFiles } from "../folder/unread-captions.ts";
import { TOKENIZED_FILE } from "../tokenized/format.ts";
import { openTokenizedDataset } from "../tokenized/tokenized-dataset.ts";
import { countByTask, Dataset, type DatasetReport } from "./dataset.ts";
import { type PictureCheck, PictureStore } from "./picture-store.ts";

/** Which part of a data set is opened, how its pictures are decoded, and what it may lack. */
export type OpenDatasetOptions = DecodeOptions & {
  /** Which part of a dataset that has `train/` and `test/` folders; default "train". Others have only "train". */
  readonly split?: "train" | "test";
  /** Largest share of pictures that may be unreadable or missing; default 0.1. */
  readonly maxUnreadableShare?: number;
  /** Bytes of decoded pictures to keep in memory; default 1 GiB. */
  readonly cacheBytes?: number;
  readonly onProgress?: (numRead: number, numPictures: number) => void;
};

const GIB = 2 ** 30;
/** How many names a message lists before it only counts. */
const NAMES_LISTED = 5;

/**
 * Opens a folder with `chat.jsonl`, with `metadata.jsonl` or `metadata.csv`, or with plain pictures, or one with such folders
 * `train/` and `test/`. Every picture is read once: unreadable ones are left out and named in the report.
 *
 * @throws Error when the folder is missing or empty, a row is wrong, too many pictures cannot be read, or nothing is left; RangeError
 *   naming the option that is wrong.
 */
export async function openDataset(path: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const { split = "train", maxUnreadableShare = 0.1, cacheBytes = GIB, onProgress, ...decode } = options;
  checkDecodeOptions("openDataset", decode);
  if (split !== "train" && split !== "test") {
    throw new RangeError(`openDataset: split (=${JSON.stringify(split)}) must be "train" or "test"`);
  }
  if (!(maxUnreadableShare >= 0 && maxUnreadableShare <= 1)) {
    throw new RangeError(`openDataset: maxUnreadableShare (=${maxUnreadableShare}) must be a share, 0 to 1`);
  }
  if (!(cacheBytes >= 0))
    throw new RangeError(`openDataset: cacheBytes (=${cacheBytes}) must be at least 0; 0 keeps none`);
  if (await isThere(join(path, TOKENIZED_FILE))) {
    throw new Error(
      `openDataset: "${path}" holds pictures that an image tokenizer has encoded; a model trains on them, anything else needs the pictures themselves ("interfuse tokenize decode" brings them back)`,
    );
  }
  const folder = await splitFolder(path, split);
  const { kind, rows, captionsWithoutPicture, picturesWithoutCaption, ...unread } = await readRows(folder);
  const pictures = new PictureStore(folder, { decode, cacheBytes });
  const files = [...new Set(rows.flatMap(picturesOfRow))];
  const check = await pictures.check(files, onProgress);
  const numWanted = files.length + captionsWithoutPicture.length;
  failIfTooMany(folder, { check, captionsWithoutPicture, numWanted, maxUnreadableShare });
  const isUnreadable = new Set(check.unreadable.map(({ file }) => file));
  const usable = rows.filter((row) => !picturesOfRow(row).some((file) => isUnreadable.has(file)));
  if (usable.length === 0) {
    throw new Error(
      `openDataset: "${folder}" has no usable examples; ${rows.length === 0 ? "its file of rows is empty" : "no picture can be read"}`,
    );
  }
  const report: DatasetReport = {
    folder,
    kind,
    examplesByTask: countByTask(usable),
    numPictures: files.length - check.unreadable.length,
    ...check,
    captionsWithoutPicture,
    picturesWithoutCaption,
    warnings: [
      ...warningsFor(check, { captionsWithoutPicture, picturesWithoutCaption }),
      ...unreadWarnings({ ...unread, besideParts: folder === path ? [] : await filesBesideParts(path) }),
    ],
  };
  return new Dataset(report, { rows: usable, pictures });
}

/** The reports of every part of a dataset, for people to look at; unreadable pictures are reported and are no error. */
export async function inspectDataset(
  path: string,
  options: Pick<OpenDatasetOptions, "maxPixels" | "onProgress"> = {},
): Promise<Partial<Record<"train" | "test", DatasetReport>>> {
  const reports: Partial<Record<"train" | "test", DatasetReport>> = {};
  for (const split of await datasetSplits(path)) {
    const tokenized = await openTokenizedDataset(path, { split });
    if (tokenized !== undefined) {
      reports[split] = tokenized.dataset.report;
      continue;
    }
    const dataset = await openDataset(path, { ...options, split, maxUnreadableShare: 1, cacheBytes: 0 });
    reports[split] = dataset.report;
  }
  return reports;
}

/** The parts a data set at a path has; "train" alone when it has no folder "test" beside it. */
export async function datasetSplits(path: string): Promise<readonly ("train" | "test")[]> {
  const hasRows = await isThere(join(path, CHAT_FILE));
  return !hasRows && (await isThere(join(path, "test"))) ? ["train", "test"] : ["train"];
}

async function splitFolder(path: string, split: "train" | "test"): Promise<string> {
  const names = await readdir(path).catch((cause: unknown) => {
    const reason = errorCode(cause) === "ENOENT" ? "no such folder" : "it is not a folder that can be read";
    throw new Error(
      `openDataset: cannot open "${path}": ${reason}; make data with "interfuse data make scenes --out ${path}"`,
      { cause },
    );
  });
  if (names.length === 0) {
    throw new Error(
      `openDataset: "${path}" is empty; make data with "interfuse data make scenes --out DIR", or put pictures there`,
    );
  }
  if (names.includes(CHAT_FILE)) return onlyTrain(path, split);
  return names.includes(split) ? join(path, split) : onlyTrain(path, split);
}

function onlyTrain(path: string, split: "train" | "test"): string {
  if (split === "train") return path;
  throw new Error(`openDataset: "${path}" has no test part; it needs a folder "test" of the same form`);
}

async function readRows(folder: string): Promise<FolderRows & { kind: "chat" | "folder" }> {
  const chatFile = join(folder, CHAT_FILE);
  if (!(await isThere(chatFile))) return { kind: "folder", ...(await readFolderRows(folder)) };
  const rows: ChatRow[] = parseChatRows(await readTextFile(chatFile), chatFile);
  return {
    kind: "chat",
    rows,
    captionsWithoutPicture: [],
    picturesWithoutCaption: [],
    unreadCaptions: [],
    otherPictures: [],
  };
}

/** Pictures and captions that are in neither part of a dataset that has parts. */
async function filesBesideParts(path: string): Promise<string[]> {
  const files = (await listFiles(path)).filter((file) => !/^(train|test)\//.test(file));
  const unread = new Set([...METADATA_FILES, ...unreadCaptionFiles(files)]);
  return files.filter((file) => isPictureFile(file) || unread.has(file));
}

function failIfTooMany(
  folder: string,
  found: { check: PictureCheck; captionsWithoutPicture: string[]; numWanted: number; maxUnreadableShare: number },
): void {
  const { check, captionsWithoutPicture, numWanted, maxUnreadableShare } = found;
  const numBad = check.unreadable.length + captionsWithoutPicture.length;
  if (numBad <= maxUnreadableShare * numWanted) return;
  const reasons = [
    ...check.unreadable.map(({ reason }) => reason.replace("loadPicture: ", "")),
    ...captionsWithoutPicture.map((name) => `"${name}" has a caption but is no picture in the folder`),
  ];
  const percent = (share: number) => `${Math.round(share * 1000) / 10}%`;
  throw new Error(
    `openDataset: ${numBad} of ${numWanted} pictures of "${folder}" are missing or cannot be read (${percent(numBad / numWanted)}, ` +
      `maxUnreadableShare ${percent(maxUnreadableShare)}): ${listNames(reasons, "; ")}; repair or remove them`,
  );
}

function warningsFor(
  check: PictureCheck,
  rest: Pick<FolderRows, "captionsWithoutPicture" | "picturesWithoutCaption">,
): string[] {
  const warnings: string[] = [];
  const warn = (names: readonly string[], what: string) => {
    if (names.length > 0) warnings.push(`${what} left out (${names.length}): ${listNames(names, ", ")}`);
  };
  warn(
    check.unreadable.map(({ file }) => file),
    "unreadable pictures",
  );
  warn(rest.captionsWithoutPicture, "captions without a picture");
  warn(rest.picturesWithoutCaption, "pictures without a caption");
  return warnings;
}

function unreadWarnings({
  unreadCaptions,
  otherPictures,
  besideParts,
}: Pick<FolderRows, "unreadCaptions" | "otherPictures"> & { besideParts: readonly string[] }): string[] {
  const warnings: string[] = [];
  const warn = (names: readonly string[], rule: string) => {
    if (names.length > 0) warnings.push(`not read (${names.length}): ${listNames(names, ", ")}; ${rule}`);
  };
  warn(unreadCaptions, `captions of many pictures are read from ${METADATA_FILES.join(" or ")} in the folder itself`);
  warn(otherPictures, `pictures that are read end in ${PICTURE_ENDINGS}`);
  warn(besideParts, "beside a folder train or test only those two are read");
  return warnings;
}

function listNames(names: readonly string[], separator: string): string {
  const more = names.length - NAMES_LISTED;
  return names.slice(0, NAMES_LISTED).join(separator) + (more > 0 ? `${separator}and ${more} more` : "");
}
