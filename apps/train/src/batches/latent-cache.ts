/** Pictures already turned into latents, kept up to a number of bytes; the least recently used go first. */
import type { ImagePart } from "@interfuse/model";

/** An image part's latents and their grid. */
export type Latents = Pick<ImagePart, "latents" | "height" | "width">;

/** See the file's header. */
export class LatentCache {
  readonly #entries = new Map<string, Latents>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ maxBytes = 512 * 1024 * 1024 } = {}) {
    this.#maxBytes = maxBytes;
  }

  /** The latents of a key, made by `make` when they are not there. */
  async get(key: string, make: () => Promise<Latents>): Promise<Latents> {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    const made = await make();
    this.#entries.set(key, made);
    this.#bytes += made.latents.byteLength;
    for (const [oldKey, old] of this.#entries) {
      if (this.#bytes <= this.#maxBytes || oldKey === key) break;
      this.#entries.delete(oldKey);
      this.#bytes -= old.latents.byteLength;
    }
    return made;
  }
}
