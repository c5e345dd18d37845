/**
 * The images that were made, by id, within a bounded memory: the ones not looked at for longest go first. An id holds 128
 * random bits, so knowing it is the permission to see the image; `<img>` elements cannot send a key.
 */
import { randomBytes } from "node:crypto";

/** Ids as they stand in URLs. */
export const IMAGE_ID = /^img_[A-Za-z0-9_-]{22}$/;

export class ImageStore {
  readonly #maxBytes: number;
  /** In the order of their last use. */
  readonly #images = new Map<string, Uint8Array>();
  #numBytes = 0;

  constructor({ maxBytes }: { maxBytes: number }) {
    this.#maxBytes = maxBytes;
  }

  get numBytes(): number {
    return this.#numBytes;
  }

  /** Keeps the bytes of a PNG file. @returns its id */
  put(png: Uint8Array): string {
    const id = `img_${randomBytes(16).toString("base64url")}`;
    this.#images.set(id, png);
    this.#numBytes += png.length;
    for (const [oldest, bytes] of this.#images) {
      if (this.#numBytes <= this.#maxBytes || oldest === id) break;
      this.#images.delete(oldest);
      this.#numBytes -= bytes.length;
    }
    return id;
  }

  /** The bytes of an image, unless there is none or it had to go. */
  get(id: string): Uint8Array | undefined {
    const png = this.#images.get(id);
    if (png !== undefined) {
      this.#images.delete(id);
      this.#images.set(id, png);
    }
    return png;
  }
}
