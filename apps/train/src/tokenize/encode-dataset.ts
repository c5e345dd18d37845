/** `tokenize encode`: the pictures of a data set once through an image tokenizer, for trainings to read. */
import {
  type Dataset,
  datasetSplits,
  openDataset,
  type Tokenization,
  type TokenizedWriter,
  writeTokenizedDataset,
} from "@interfuse/data";
import { type ImageTokenizer, isDiscrete } from "@interfuse/image-tokenizer";
import { writeImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { hashImageTokenizer } from "../image-tokenizer/image-tokenizer-hash.ts";
import { encodeToStore } from "./encoded-pictures.ts";
import { mapFiles } from "./map-files.ts";

/** Pictures that are decoded, encoded and written together. */
const CHUNK = 256;

export type EncodeDatasetOptions = {
  readonly tokenizer: ImageTokenizer;
  /** A folder that `openDataset` reads: its parts are encoded, train and test. */
  readonly data: string;
  /** The folder to make. */
  readonly out: string;
  /** Pictures are fitted to squares of this many pixels a side; without it each keeps its size. */
  readonly size?: number;
  readonly log: (line: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
};

/** What was encoded. */
export type EncodeReport = Tokenization & {
  readonly numPictures: number;
  /** Latent values or indices in all. */
  readonly numValues: number;
};

/**
 * Encodes every part of a data set into a tokenized one.
 * @throws Error when `out` is not empty, or naming a picture that cannot be read or does not fit the tokenizer.
 */
export async function encodeDataset(options: EncodeDatasetOptions): Promise<EncodeReport> {
  const { tokenizer, data, out, size, log, onProgress } = options;
  const tokenization: Tokenization = {
    kind: isDiscrete(tokenizer) ? "indices" : "latents",
    imageTokenizer: { hash: await hashImageTokenizer(tokenizer), type: tokenizer.config.type },
  };
  const datasets: { split: "train" | "test"; dataset: Dataset }[] = [];
  for (const split of await datasetSplits(data)) {
    const dataset = await openDataset(data, { split, size });
    for (const warning of dataset.report.warnings) log(`warning: ${warning}`);
    datasets.push({ split, dataset });
  }
  const numPictures = datasets.reduce((sum, { dataset }) => sum + dataset.pictureFiles().length, 0);
  let numDone = 0;
  let numValues = 0;
  await writeTokenizedDataset(out, tokenization, async (parts) => {
    await writeImageTokenizer(parts.tokenizer, tokenizer);
    for (const { split, dataset } of datasets) {
      const writer = parts.part(split);
      numValues += await encodePart(dataset, writer, {
        tokenizer,
        onDone: (count) => {
          numDone += count;
          onProgress?.(numDone, numPictures);
        },
      });
      await writer.close(dataset.rows);
    }
  });
  return { ...tokenization, numPictures, numValues };
}

/** Encodes a part's pictures; gives the number of values written. */
async function encodePart(
  dataset: Dataset,
  writer: TokenizedWriter,
  { tokenizer, onDone }: { tokenizer: ImageTokenizer; onDone: (count: number) => void },
): Promise<number> {
  const files = dataset.pictureFiles();
  let numValues = 0;
  for (let start = 0; start < files.length; start += CHUNK) {
    const chunk = files.slice(start, start + CHUNK);
    const pictures = await Promise.all(chunk.map((file) => dataset.readPicture(file)));
    const all = await mapFiles(chunk, pictures, (some) => encodeToStore(some, tokenizer));
    for (const [index, encoded] of all.entries()) {
      await writer.add(chunk[index] as string, encoded);
      numValues += encoded.values.length;
    }
    onDone(chunk.length);
  }
  return numValues;
}
