/** Pictures to latents for training, remembering what the tokenizer made of them. */
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import { encodePictures, type LatentImage } from "@interfuse/pipeline";

/**
 * Encodes pictures with one tokenizer. A picture object that comes again is not encoded again, unless its latents take more
 * memory than itself: those of a tokenizer that does not compress are as quickly made as kept.
 */
export class PictureEncoder {
  readonly #tokenizer: ImageTokenizer;
  readonly #kept = new WeakMap<Picture, LatentImage>();

  constructor(tokenizer: ImageTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * The latents of some pictures, as a function from picture to latents.
   * @throws RangeError when a picture's size does not fit the tokenizer.
   */
  async encode(pictures: readonly Picture[]): Promise<(picture: Picture) => LatentImage> {
    const missing = [...new Set(pictures)].filter((picture) => !this.#kept.has(picture));
    const images = await encodePictures(missing, this.#tokenizer);
    const made = new Map(missing.map((picture, index) => [picture, images[index] as LatentImage]));
    for (const [picture, image] of made) {
      if (image.latents.byteLength <= picture.data.byteLength) this.#kept.set(picture, image);
    }
    return (picture) => (made.get(picture) ?? this.#kept.get(picture)) as LatentImage;
  }
}
