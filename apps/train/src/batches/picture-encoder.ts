/** Pictures to latents for training, remembering what the tokenizer made of them. */
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import { encodePictures, type LatentImage } from "@interfuse/pipeline";

/** Bytes of latents that are kept. */
const MAX_CACHED_BYTES = 512 * 1024 * 1024;

/** Encodes pictures with one tokenizer; a picture object that comes again is not encoded again. */
export class PictureEncoder {
  readonly #tokenizer: ImageTokenizer;
  readonly #cached = new Map<Picture, LatentImage>();
  #bytes = 0;

  constructor(tokenizer: ImageTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * The latents of some pictures, as a function from picture to latents.
   * @throws RangeError when a picture's size does not fit the tokenizer.
   */
  async encode(pictures: readonly Picture[]): Promise<(picture: Picture) => LatentImage> {
    const missing = [...new Set(pictures)].filter((picture) => !this.#cached.has(picture));
    const images = await encodePictures(missing, this.#tokenizer);
    const made = new Map(missing.map((picture, index) => [picture, images[index] as LatentImage]));
    for (const [picture, image] of made) this.#keep(picture, image);
    return (picture) => (made.get(picture) ?? this.#cached.get(picture)) as LatentImage;
  }

  #keep(picture: Picture, image: LatentImage): void {
    if (this.#bytes + image.latents.byteLength > MAX_CACHED_BYTES) return;
    this.#bytes += image.latents.byteLength;
    this.#cached.set(picture, image);
  }
}
