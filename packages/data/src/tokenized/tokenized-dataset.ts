/** Making and opening tokenized data sets; `format.ts` says what they look like. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileSink } from "@interfuse/tensor";
import { CHAT_FILE, parseChatRows } from "../chat-jsonl/chat-row.ts";
import { directorySink } from "../files/directory-files.ts";
import { makeFolder } from "../files/make-folder.ts";
import { isThere } from "../files/recover-folder.ts";
import { writeFileAtomically } from "../files/write-file.ts";
import { countByTask, Dataset } from "../loader/dataset.ts";
import { openEncodedPictures } from "./encoded-picture-store.ts";
import {
  type EncodedPicture,
  formatTokenization,
  readTokenization,
  TOKENIZED_FILE,
  TOKENIZER_FOLDER,
  type Tokenization,
} from "./format.ts";
import { TokenizedWriter } from "./tokenized-writer.ts";

const GIB = 2 ** 30;

/** What fills a new tokenized data set. */
export type TokenizedParts = {
  /** Takes the image tokenizer's files. */
  readonly tokenizer: FileSink;
  /** The writer of a part, which the caller closes. */
  readonly part: (split: "train" | "test") => TokenizedWriter;
};

/**
 * Makes a tokenized data set: `fill` writes the tokenizer and the parts. The folder appears whole or not at all.
 *
 * @throws Error when `folder` is there and not empty, or `fill` fails.
 */
export async function writeTokenizedDataset(
  folder: string,
  tokenization: Tokenization,
  fill: (parts: TokenizedParts) => Promise<void>,
): Promise<void> {
  await makeFolder(folder, async (making) => {
    await fill({
      tokenizer: directorySink(join(making, TOKENIZER_FOLDER)),
      part: (split) => new TokenizedWriter(join(making, split)),
    });
    await writeFileAtomically(join(making, TOKENIZED_FILE), formatTokenization(tokenization));
  });
}

/** The parts that a tokenized data set has. */
export async function tokenizedSplits(path: string): Promise<("train" | "test")[]> {
  const splits: ("train" | "test")[] = [];
  for (const split of ["train", "test"] as const) if (await isThere(join(path, split))) splits.push(split);
  return splits;
}

/** A tokenized data set's part, and how it was tokenized. */
export type TokenizedDataset = {
  readonly dataset: Dataset<EncodedPicture>;
  readonly tokenization: Tokenization;
  /** The folder of the image tokenizer that made it. */
  readonly tokenizerFolder: string;
};

/**
 * Opens a part of a tokenized data set; undefined when the path is none.
 *
 * @param options.split which part; default "train".
 * @param options.cacheBytes bytes of encoded pictures to keep in memory; default 1 GiB.
 * @throws Error naming the file that is missing or damaged.
 */
export async function openTokenizedDataset(
  path: string,
  { split = "train", cacheBytes = GIB }: { split?: "train" | "test"; cacheBytes?: number } = {},
): Promise<TokenizedDataset | undefined> {
  const tokenization = await readTokenization(path);
  if (tokenization === undefined) return undefined;
  const folder = join(path, split);
  if (!(await isThere(folder))) {
    throw new Error(`openTokenizedDataset: "${path}" has no ${split} part; encode data that have one`);
  }
  const pictures = await openEncodedPictures(folder, { kind: tokenization.kind, cacheBytes });
  const chatFile = join(folder, CHAT_FILE);
  const rows = parseChatRows(await readFile(chatFile, "utf8"), chatFile);
  const sizes: Record<string, number> = {};
  const sizeOf = pictures.sizes();
  for (const { width, height } of sizeOf.values()) {
    sizes[`${width}x${height}`] = (sizes[`${width}x${height}`] ?? 0) + 1;
  }
  const report = {
    folder,
    kind: "tokenized",
    examplesByTask: countByTask(rows),
    numPictures: sizeOf.size,
    sizes,
    unreadable: [],
    captionsWithoutPicture: [],
    picturesWithoutCaption: [],
    warnings: [],
  } as const;
  return {
    dataset: new Dataset(report, { rows, pictures }),
    tokenization,
    tokenizerFolder: join(path, TOKENIZER_FOLDER),
  };
}
