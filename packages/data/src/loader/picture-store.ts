/** Decoded pictures of a dataset: read on demand, kept in memory as long as they fit a budget. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { DecodeOptions } from "../files/decode-options.ts";
import { loadPicture } from "../files/decode-picture.ts";
import { resolveInside } from "../files/directory-files.ts";
import { mapConcurrently } from "../map-concurrently.ts";

/** A picture that cannot be read, and why. */
export type UnreadablePicture = { readonly file: string; readonly reason: string };

/** What reading every picture once found out. */
export type PictureCheck = {
  readonly unreadable: UnreadablePicture[];
  /** Number of pictures by "WIDTHxHEIGHT", as decoded. */
  readonly sizes: Record<string, number>;
};

/** The decoded pictures of one folder. */
export class PictureStore {
  readonly folder: string;
  readonly #decode: DecodeOptions;
  readonly #kept = new Map<string, Picture>();
  #bytesLeft: number;

  /** @param options.cacheBytes how many bytes of decoded pictures to keep; the first ones read are kept. */
  constructor(folder: string, { decode, cacheBytes }: { decode: DecodeOptions; cacheBytes: number }) {
    this.folder = folder;
    this.#decode = decode;
    this.#bytesLeft = cacheBytes;
  }

  /**
   * The picture at a path relative to the folder. It may be shared: do not write into it.
   *
   * @throws Error naming the file when it cannot be read.
   */
  async read(file: string): Promise<Picture> {
    const kept = this.#kept.get(file);
    if (kept !== undefined) return kept;
    const picture = await loadPicture(resolveInside(this.folder, file), this.#decode);
    if (picture.data.length <= this.#bytesLeft && !this.#kept.has(file)) {
      this.#bytesLeft -= picture.data.length;
      this.#kept.set(file, picture);
    }
    return picture;
  }

  /** Reads every file once. */
  async check(
    files: readonly string[],
    onProgress?: (numRead: number, numPictures: number) => void,
  ): Promise<PictureCheck> {
    const unreadable: UnreadablePicture[] = [];
    const sizes: Record<string, number> = {};
    let numRead = 0;
    await mapConcurrently(files, async (file) => {
      try {
        const { width, height } = await this.read(file);
        const size = `${width}x${height}`;
        sizes[size] = (sizes[size] ?? 0) + 1;
      } catch (error) {
        unreadable.push({ file, reason: (error as Error).message });
      }
      onProgress?.(++numRead, files.length);
    });
    unreadable.sort((a, b) => (a.file < b.file ? -1 : 1));
    return { unreadable, sizes };
  }
}
