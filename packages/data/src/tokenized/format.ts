/**
 * A data set whose pictures an image tokenizer has encoded once, so that training need not:
 *
 *     tokenized.json                        what the pictures are now, and by which image tokenizer
 *     image_tokenizer/                      that tokenizer, as in a model folder
 *     train/chat.jsonl                      the rows of the data set it was made of
 *     train/pictures.jsonl                  { "file", "width", "height", "shard" } a line, sizes in pixels
 *     train/pictures-00000.safetensors      a tensor a picture, named by its file
 *     test/...                              the same, where there is a test part
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isThere } from "../files/recover-folder.ts";

/** The file that makes a folder a tokenized data set. */
export const TOKENIZED_FILE = "tokenized.json";

/** The folder of the image tokenizer in it. */
export const TOKENIZER_FOLDER = "image_tokenizer";

/** The list of pictures of a part. */
export const PICTURES_FILE = "pictures.jsonl";

/** The version of the layout above. */
const FORMAT_VERSION = 1;

const tokenizedSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  kind: z.enum(["latents", "indices"]),
  imageTokenizer: z.strictObject({ hash: z.string().min(1), type: z.string().min(1) }),
});

/** A line of {@link PICTURES_FILE}. */
export const pictureLineSchema = z.strictObject({
  file: z.string().min(1),
  width: z.int().positive(),
  height: z.int().positive(),
  shard: z.string().regex(/^pictures-\d{5,}\.safetensors$/),
});

/** How a data set was tokenized. */
export type Tokenization = {
  /** `latents`: normalised latents, float32 `[h, w, C]`. `indices`: codebook indices, int32, of the tokenizer's own shape. */
  readonly kind: "latents" | "indices";
  /** The image tokenizer: a hash of its config and weights, and its type. */
  readonly imageTokenizer: { readonly hash: string; readonly type: string };
};

/** A picture as an image tokenizer's latents or indices; see {@link Tokenization}. */
export type EncodedPicture = {
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
  /** The picture's size in pixels, before any padding. */
  readonly width: number;
  readonly height: number;
};

/** The bytes of {@link TOKENIZED_FILE}. */
export function formatTokenization(tokenization: Tokenization): string {
  return `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...tokenization }, null, 2)}\n`;
}

/** How the data set at a path was tokenized; undefined when it was not. @throws Error naming the file when it is damaged. */
export async function readTokenization(path: string): Promise<Tokenization | undefined> {
  const file = join(path, TOKENIZED_FILE);
  if (!(await isThere(file))) return undefined;
  try {
    const { kind, imageTokenizer } = tokenizedSchema.parse(JSON.parse(await readFile(file, "utf8")));
    return { kind, imageTokenizer };
  } catch (cause) {
    throw new Error(
      `readTokenization: "${file}" is damaged or of another version (${(cause as Error).message}); encode the data again with "interfuse tokenize encode"`,
      { cause },
    );
  }
}
