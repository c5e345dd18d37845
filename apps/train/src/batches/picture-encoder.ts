/** Pictures to latents for training, remembering what the tokenizer made of them. */
import type { EncodedPicture } from "@interfuse/data";
import type { ImageTokenizer, Picture } from "@interfuse/image-tokenizer";
import { encodePictures, type LatentImage } from "@interfuse/pipeline";
import { latentsFromStore } from "../tokenize/encoded-pictures.ts";

/** A picture of a data set, or of a tokenized one. */
export type TrainingImage = Picture | EncodedPicture;

/**
 * Encodes pictures with one tokenizer, each by itself: sums of a batch of another size are rounded otherwise, and a resumed run
 * meets its pictures in other company. A picture object that comes again is not encoded again, unless its latents take more
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
    const latentsOf = new Map<TrainingImage, LatentImage>();
    for (const image of new Set(images)) latentsOf.set(image, this.#kept.get(image) ?? (await this.#encodeOne(image)));
    return (image) => latentsOf.get(image) as LatentImage;
  }

  async #encodeOne(image: TrainingImage): Promise<LatentImage> {
    const [encoded] = isEncoded(image)
      ? await latentsFromStore([image], this.#tokenizer)
      : await encodePictures([image], this.#tokenizer);
    const latents = encoded as LatentImage;
    const isLarger = !isEncoded(image) && latents.latents.byteLength > image.data.byteLength;
    if (!isLarger) this.#kept.set(image, latents);
    return latents;
  }
}

function isEncoded(image: TrainingImage): image is EncodedPicture {
  return "values" in image;
}
