/** `tokenize decode`: a tokenized data set as pictures again, with its rows. */
import { join } from "node:path";
import {
  type ChatRow,
  ChatWriter,
  makeFolder,
  openTokenizedDataset,
  type TokenizedDataset,
  tokenizedSplits,
} from "@interfuse/data";
import { readImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { decodeFromStore } from "./encoded-pictures.ts";
import { mapFiles } from "./map-files.ts";

/** Pictures that are read, decoded and written together. */
const CHUNK = 256;

export type DecodeDatasetOptions = {
  /** A tokenized data set. */
  readonly data: string;
  /** The folder to make. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
};

/**
 * Decodes every part of a tokenized data set, by the image tokenizer that it holds, to PNG files and rows that name them.
 * @throws Error when `data` is no tokenized data set, a picture in it is damaged, or `out` is not empty.
 */
export async function decodeDataset({ data, out, onProgress }: DecodeDatasetOptions): Promise<{ numPictures: number }> {
  const parts: ({ split: "train" | "test" } & TokenizedDataset)[] = [];
  for (const split of await tokenizedSplits(data)) {
    const opened = await openTokenizedDataset(data, { split, cacheBytes: 0 });
    if (opened !== undefined) parts.push({ split, ...opened });
  }
  const [first] = parts;
  if (first === undefined) {
    throw new Error(
      `decodeDataset: "${data}" is no tokenized data set; make one with "interfuse tokenize encode --out ${data}"`,
    );
  }
  const numPictures = parts.reduce((sum, { dataset }) => sum + dataset.pictureFiles().length, 0);
  const tokenizer = await readImageTokenizer(first.tokenizerFolder);
  let numDone = 0;
  try {
    await makeFolder(out, async (making) => {
      for (const { split, dataset } of parts) {
        const writer = new ChatWriter(join(making, split));
        const files = dataset.pictureFiles();
        for (let start = 0; start < files.length; start += CHUNK) {
          const chunk = files.slice(start, start + CHUNK);
          const encoded = await Promise.all(chunk.map((file) => dataset.readPicture(file)));
          const pictures = await mapFiles(chunk, encoded, (some) => decodeFromStore(some, tokenizer));
          for (const [index, picture] of pictures.entries()) {
            await writer.addPicture(asPng(chunk[index] as string), picture);
          }
          numDone += chunk.length;
          onProgress?.(numDone, numPictures);
        }
        for (const row of dataset.rows) writer.addRow(withPngFiles(row));
        await writer.close();
      }
    });
  } finally {
    tokenizer.dispose();
  }
  return { numPictures };
}

/** A path whose picture is a PNG now. */
function asPng(file: string): string {
  return file.toLowerCase().endsWith(".png") ? file : `${file}.png`;
}

function withPngFiles(row: ChatRow): ChatRow {
  const messages = row.messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === "string"
        ? content
        : content.map((part) => (part.type === "image" ? { ...part, file: asPng(part.file) } : part)),
  }));
  return { ...row, messages };
}
