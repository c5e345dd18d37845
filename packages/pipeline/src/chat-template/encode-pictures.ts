/** Pictures to the latents that documents hold, and back, in batches of equal size. Resizing is the caller's business. */
import {
  type ImageTokenizer,
  type Picture,
  picturesToTensor,
  pictureToPixels,
  tensorToPictures,
} from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import { MAX_BATCH_PIXELS, mapEqualSizes } from "./map-equal-sizes.ts";

/** An image as the image tokenizer's normalised latents. */
export type LatentImage = {
  /** [height, width, channels], channels last. */
  readonly latents: Float32Array;
  /** Height of the latent grid. */
  readonly height: number;
  /** Width of the latent grid. */
  readonly width: number;
};

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
  return mapEqualSizes(pictures, async (batch) => {
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
  const decodeBatch = async (batch: readonly LatentImage[]) => {
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
  };
  return mapEqualSizes(images, decodeBatch, { maxArea: MAX_BATCH_PIXELS / downsampling ** 2 });
}
