/**
 * Pictures of a request as the model takes them. A picture is named by its bytes, a data: URL, the URL of an image made here,
 * or, where the operator allows it, an https URL. A name is never taken for a path.
 */
import { loadPicture, type Picture } from "@interfuse/data";
import type { ImageStore } from "../answers/image-store.ts";
import { ApiError } from "../http/api-error.ts";
import { FetchError, fetchPicture } from "../security/fetch-picture.ts";
import type { Limits } from "../server/options.ts";
import { type Mask, readMask } from "./mask.ts";

const OWN_IMAGE = /(?:^|\/)v1\/files\/(img_[A-Za-z0-9_-]{22})\/content$/;

export type PictureReaderOptions = {
  /** Side of the square that pictures are fitted to, in pixels. */
  readonly size: number;
  readonly limits: Limits;
  readonly images: ImageStore;
  readonly imageHosts: readonly string[];
};

/** Reads the pictures of one request, and no more of them than it may have. */
export class PictureReader {
  readonly #options: PictureReaderOptions;
  #numPictures = 0;

  constructor(options: PictureReaderOptions) {
    this.#options = options;
  }

  /**
   * A picture, fitted to the model's size.
   * @param param the field it stands in, for errors
   * @throws {ApiError} 400 when it cannot be had or decoded
   */
  async read(reference: string | Uint8Array, param: string): Promise<Picture> {
    const { size, limits } = this.#options;
    const bytes = await this.#bytes(reference, param);
    return decoding(param, () => loadPicture(bytes, { size, maxPixels: limits.maxPixels }));
  }

  /** The mask of an edit, fitted like its picture. @throws {ApiError} as `read` */
  async readMask(reference: string | Uint8Array, param: string): Promise<Mask> {
    const { size, limits } = this.#options;
    const bytes = await this.#bytes(reference, param);
    return decoding(param, () => readMask(bytes, { size, maxPixels: limits.maxPixels }));
  }

  async #bytes(reference: string | Uint8Array, param: string): Promise<Uint8Array> {
    const { maxPictures } = this.#options.limits;
    if (++this.#numPictures > maxPictures) {
      throw new ApiError(400, "too_many_images", `a request may have ${maxPictures} pictures at most`, { param });
    }
    const bytes = typeof reference === "string" ? await this.#resolve(reference, param) : reference;
    if (isPicture(bytes)) return bytes;
    throw new ApiError(400, "invalid_image", `${param}: this is no PNG, JPEG, GIF or WebP picture`, { param });
  }

  async #resolve(reference: string, param: string): Promise<Uint8Array> {
    const data = /^data:[^,;]{0,100}(?:;[^,;]{0,100}){0,4};base64,/i.exec(reference.slice(0, 600));
    if (data !== null) return decoding(param, async () => base64Bytes(reference.slice(data[0].length)));
    const id = OWN_IMAGE.exec(reference.slice(-100))?.[1];
    if (id !== undefined) {
      const own = this.#options.images.get(id);
      if (own !== undefined) return own;
      throw new ApiError(400, "image_expired", `${param}: this image is no longer kept; send it as a data: URL`, {
        param,
      });
    }
    const { imageHosts, limits } = this.#options;
    try {
      return await fetchPicture(reference.slice(0, 4096), { allowedHosts: imageHosts, maxBytes: limits.maxBodyBytes });
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      throw new ApiError(400, "image_not_fetched", `${param}: ${error.message}`, { param, cause: error });
    }
  }
}

/** The bytes of a data: URL, whose base64 may be percent-encoded like any part of a URL. @throws {URIError} */
function base64Bytes(text: string): Uint8Array {
  return Buffer.from(text.includes("%") ? decodeURIComponent(text) : text, "base64");
}

/** Whether the first bytes are those of PNG, JPEG, GIF or WebP. Other formats may name files or hold programs. */
function isPicture(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 12)).toString("hex");
  if (start.startsWith("52494646")) return start.endsWith("57454250");
  return ["89504e470d0a1a0a", "ffd8ff", "474946383761", "474946383961"].some((signature) =>
    start.startsWith(signature),
  );
}

async function decoding<Value>(param: string, decode: () => Promise<Value>): Promise<Value> {
  try {
    return await decode();
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^loadPicture: /, "").slice(0, 300);
    throw new ApiError(400, "invalid_image", `${param}: ${reason}`, { param, cause });
  }
}
