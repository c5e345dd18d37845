/** Pictures to the latents that documents hold, and back, in batches of equal size. Resizing is the caller's business. */
import {
  type ImageTokenizer,
  type Picture,
  picturesToTensor,
  pictureToPixels,
  tensorToPictures,
} from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";

/** An image as the image tokenizer's normalised latents. */
export type LatentImage = {
  /** [height, width, channels], channels last. */
  readonly latents: Float32Array;
  /** Height of the latent grid. */
  readonly height: number;
  /** Width of the latent grid. */
  readonly width: number;
};

/** Pixels of one forward pass of the image tokenizer; bounds memory. */
const MAX_BATCH_PIXELS = 2 ** 18;

/**
 * Encodes pictures, each to the mean of its latents, in the order given. Equal sizes go through the tokenizer together.
 * @throws {RangeError} when a side of a picture is not a multiple of the tokenizer's downsampling
 */
export async function encodePictures(
  pictures: readonly Picture[],
  imageTokenizer: ImageTokenizer,
): Promise<LatentImage[]> {
  const { downsampling } = imageTokenizer;
  pictures.forEach(({ width, height }, index) => {
    if (width % downsampling !== 0 || height % downsampling !== 0) {
      throw new RangeError(
        `encodePictures: picture ${index} is ${width}x${height}; both sides must be multiples of ${downsampling} ` +
          "for this image tokenizer; resize the picture first",
      );
    }
  });
  if (imageTokenizer.config.type === "pixels") {
    // Pixels are latents already: no tensors on the way.
    return pictures.map((picture) => ({
      latents: pictureToPixels(picture),
      height: picture.height,
      width: picture.width,
    }));
  }
  return mapEqualSizes(pictures, MAX_BATCH_PIXELS, async (batch) => {
    const latents_BHWC = tf.tidy(() => imageTokenizer.encode(picturesToTensor(batch)));
    try {
      const [, height, width, channels] = latents_BHWC.shape;
      const values = (await latents_BHWC.data()) as Float32Array;
      const size = height * width * channels;
      return batch.map((_, i) => ({ latents: values.slice(i * size, (i + 1) * size), height, width }));
    } finally {
      latents_BHWC.dispose();
    }
  });
}

/** Decodes images to pictures, in the order given. Equal sizes go through the tokenizer together. */
export async function decodeImages(images: readonly LatentImage[], imageTokenizer: ImageTokenizer): Promise<Picture[]> {
  const { downsampling, latentChannels } = imageTokenizer;
  return mapEqualSizes(images, MAX_BATCH_PIXELS / downsampling ** 2, async (batch) => {
    const { height, width } = batch[0] as LatentImage;
    const pixels_BHWC = tf.tidy(() => {
      const latents = batch.map((image) => tf.tensor3d(image.latents, [height, width, latentChannels]));
      return imageTokenizer.decode(tf.stack(latents) as tf.Tensor4D);
    });
    try {
      return await tensorToPictures(pixels_BHWC);
    } finally {
      pixels_BHWC.dispose();
    }
  });
}

/** Maps items in batches of one size, of at most `maxArea` in all (one item at least), keeping their order. */
async function mapEqualSizes<Item extends { height: number; width: number }, Result>(
  items: readonly Item[],
  maxArea: number,
  mapBatch: (batch: readonly Item[]) => Promise<Result[]>,
): Promise<Result[]> {
  const bySize = new Map<string, number[]>();
  items.forEach(({ height, width }, index) => {
    const indices = bySize.get(`${height}x${width}`);
    if (indices === undefined) bySize.set(`${height}x${width}`, [index]);
    else indices.push(index);
  });
  const results: Result[] = new Array(items.length);
  for (const indices of bySize.values()) {
    const { height, width } = items[indices[0] as number] as Item;
    const batchSize = Math.max(1, Math.floor(maxArea / (height * width)));
    for (let start = 0; start < indices.length; start += batchSize) {
      const batch = indices.slice(start, start + batchSize);
      const mapped = await mapBatch(batch.map((index) => items[index] as Item));
      batch.forEach((index, i) => {
        results[index] = mapped[i] as Result;
      });
    }
  }
  return results;
}
