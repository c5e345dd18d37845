/** Encoded pictures of a tokenized data set: read from their shards on demand, kept in memory as far as a budget goes. */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensorsHeader, type SafetensorsEntry } from "@interfuse/tensor";
import { parseJsonLines } from "../chat-jsonl/chat-row.ts";
import type { ImageStore } from "../loader/dataset.ts";
import { type EncodedPicture, PICTURES_FILE, pictureLineSchema, type Tokenization } from "./format.ts";

type Place = {
  readonly shard: string;
  readonly entry: SafetensorsEntry;
  readonly width: number;
  readonly height: number;
};

/** The encoded pictures of one part of a tokenized data set. */
export class EncodedPictureStore implements ImageStore<EncodedPicture> {
  readonly #folder: string;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #kept = new Map<string, EncodedPicture>();
  #bytesLeft: number;

  /** Use {@link openEncodedPictures}. */
  constructor(folder: string, { places, cacheBytes }: { places: ReadonlyMap<string, Place>; cacheBytes: number }) {
    this.#folder = folder;
    this.#places = places;
    this.#bytesLeft = cacheBytes;
  }

  /** The size of each picture, in pixels, by its path. */
  sizes(): Map<string, { width: number; height: number }> {
    return new Map([...this.#places].map(([file, { width, height }]) => [file, { width, height }]));
  }

  /**
   * The picture of a path in the rows. It may be shared: do not write into it.
   *
   * @throws Error naming the file when it is not among the pictures or its shard cannot be read.
   */
  async read(file: string): Promise<EncodedPicture> {
    const kept = this.#kept.get(file);
    if (kept !== undefined) return kept;
    const place = this.#places.get(file);
    if (place === undefined) {
      throw new Error(
        `openTokenizedDataset: "${file}" is not in "${join(this.#folder, PICTURES_FILE)}"; encode it again`,
      );
    }
    const { shard, entry, width, height } = place;
    const bytes = await readRange(join(this.#folder, shard), entry.begin, entry.end);
    const picture = { values: valuesOf(entry, bytes), shape: entry.shape, width, height };
    if (bytes.length <= this.#bytesLeft) {
      this.#bytesLeft -= bytes.length;
      this.#kept.set(file, picture);
    }
    return picture;
  }
}

/**
 * Reads a part's list of pictures and the headers of its shards.
 *
 * @param options.kind what the pictures must be.
 * @throws Error naming the file that is missing or damaged, or has not what the list says.
 */
export async function openEncodedPictures(
  folder: string,
  { kind, cacheBytes }: { kind: Tokenization["kind"]; cacheBytes: number },
): Promise<EncodedPictureStore> {
  const list = join(folder, PICTURES_FILE);
  const fail = (line: number, problem: string): never => {
    throw new Error(`openTokenizedDataset: "${list}", line ${line}: ${problem}; encode the data again`);
  };
  const shards = new Map<string, Promise<Map<string, SafetensorsEntry>>>();
  const places = new Map<string, Place>();
  for (const { value, line } of parseJsonLines(await readFile(list, "utf8"), list)) {
    const parsed = pictureLineSchema.safeParse(value);
    if (!parsed.success) return fail(line, parsed.error.issues[0]?.message ?? "not a picture");
    const { file, shard, width, height } = parsed.data;
    const entries = shards.get(shard) ?? readShardHeader(join(folder, shard));
    shards.set(shard, entries);
    const entry = (await entries).get(file);
    if (entry === undefined) return fail(line, `"${shard}" has no "${file}"`);
    const isRight = kind === "latents" ? entry.dtype === "F32" : entry.dtype === "U16" || entry.dtype === "I32";
    if (!isRight) return fail(line, `"${file}" is ${entry.dtype}, which are no ${kind}`);
    places.set(file, { shard, entry, width, height });
  }
  return new EncodedPictureStore(folder, { places, cacheBytes });
}

async function readShardHeader(shard: string): Promise<Map<string, SafetensorsEntry>> {
  const file = await open(shard);
  try {
    const { size } = await file.stat();
    const length = Buffer.alloc(8);
    await file.read(length, 0, 8, 0);
    const numStartBytes = Math.min(size, 8 + Number(length.readBigUInt64LE()));
    const start = new Uint8Array(numStartBytes);
    await file.read(start, 0, numStartBytes, 0);
    const { entries } = readSafetensorsHeader(start, size);
    return new Map(entries.map((entry) => [entry.name, entry]));
  } catch (cause) {
    throw new Error(
      `openTokenizedDataset: "${shard}" is damaged (${(cause as Error).message}); encode the data again`,
      {
        cause,
      },
    );
  } finally {
    await file.close();
  }
}

async function readRange(path: string, begin: number, end: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(end - begin);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, begin);
    if (bytesRead < bytes.length)
      throw new Error(`openTokenizedDataset: "${path}" has been cut short; encode the data again`);
    return bytes;
  } finally {
    await file.close();
  }
}

function valuesOf({ dtype }: SafetensorsEntry, { buffer }: Uint8Array): Float32Array | Int32Array {
  if (dtype === "F32") return new Float32Array(buffer);
  return dtype === "I32" ? new Int32Array(buffer) : Int32Array.from(new Uint16Array(buffer));
}
