/** Pictures to latents for training, remembering what the tokenizer made of them. */
import type { EncodedPicture } from "@interfuse/data";
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import { encodePictures, type LatentImage } from "@interfuse/pipeline";
import { latentsFromStore } from "../tokenize/encoded-pictures.ts";

/** A picture of a data set, or of a tokenized one. */
export type TrainingImage = Picture | EncodedPicture;

/**
 * Encodes pictures with one tokenizer. A picture object that comes again is not encoded again, unless its latents take more
 * memory than itself: those of a tokenizer that does not compress are as quickly made as kept.
 */
export class PictureEncoder {
  readonly #tokenizer: ImageTokenizer;
  readonly #kept = new WeakMap<TrainingImage, LatentImage>();

  constructor(tokenizer: ImageTokenizer) {
    this.#tokenizer = tokenizer;
  }

  /**
   * The latents of some images, as a function from image to latents.
   * @throws RangeError when a picture's size does not fit the tokenizer.
   */
  async encode(images: readonly TrainingImage[]): Promise<(image: TrainingImage) => LatentImage> {
    const missing = [...new Set(images)].filter((image) => !this.#kept.has(image));
    const encoded = missing.filter(isEncoded);
    const pictures = missing.filter((image): image is Picture => !isEncoded(image));
    const made = new Map<TrainingImage, LatentImage>([
      ...pairs(pictures, await encodePictures(pictures, this.#tokenizer)),
      ...pairs(encoded, await latentsFromStore(encoded, this.#tokenizer)),
    ]);
    for (const [image, latents] of made) {
      const isLarger = !isEncoded(image) && latents.latents.byteLength > image.data.byteLength;
      if (!isLarger) this.#kept.set(image, latents);
    }
    return (image) => (made.get(image) ?? this.#kept.get(image)) as LatentImage;
  }
}

function isEncoded(image: TrainingImage): image is EncodedPicture {
  return "values" in image;
}

function pairs<A, B>(keys: readonly A[], values: readonly B[]): [A, B][] {
  return keys.map((key, index) => [key, values[index] as B]);
}
