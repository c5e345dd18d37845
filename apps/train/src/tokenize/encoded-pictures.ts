/** Pictures to the latents or indices that a tokenized data set keeps, and back. */
// B batch, H height, W width, C channels
import type { EncodedPicture } from "@interfuse/data";
import {
  type ImageTokenizer,
  isDiscrete,
  type Picture,
  picturesToTensor,
  tensorToPictures,
} from "@interfuse/image-tokenizer";
import { type LatentImage, mapEqualSizes } from "@interfuse/pipeline";
import { tf } from "@interfuse/tensor";

/** Indices of pictures of any sizes, or their latents when the tokenizer has no codes; in the order given. */
export function encodeToStore(pictures: readonly Picture[], tokenizer: ImageTokenizer): Promise<EncodedPicture[]> {
  return mapEqualSizes(pictures, async (batch) => {
    const encoded = tf.tidy(() => {
      const pixels_BHWC = picturesToTensor(batch);
      return isDiscrete(tokenizer) ? tokenizer.encodeToIndices(pixels_BHWC) : tokenizer.encode(pixels_BHWC);
    });
    try {
      const values = (await encoded.data()) as Float32Array | Int32Array;
      const shape = encoded.shape.slice(1);
      const size = values.length / batch.length;
      return batch.map(({ width, height }, i) => ({
        values: values.slice(i * size, (i + 1) * size),
        shape,
        width,
        height,
      }));
    } finally {
      encoded.dispose();
    }
  });
}

/** Pictures of what {@link encodeToStore} gave, cropped to their sizes. */
export function decodeFromStore(pictures: readonly EncodedPicture[], tokenizer: ImageTokenizer): Promise<Picture[]> {
  return mapEqualSizes(pictures, async (batch) => {
    const size = batch[0] as EncodedPicture;
    const pixels_BHWC = tf.tidy(() => tokenizer.decode(latentsTensor(batch, tokenizer), size));
    try {
      return await tensorToPictures(pixels_BHWC);
    } finally {
      pixels_BHWC.dispose();
    }
  });
}

/** The latents of what {@link encodeToStore} gave, as documents hold them. */
export function latentsFromStore(
  pictures: readonly EncodedPicture[],
  tokenizer: ImageTokenizer,
): Promise<LatentImage[]> {
  return mapEqualSizes(pictures, async (batch) => {
    if (!isDiscrete(tokenizer)) {
      return batch.map(({ values, shape: [height = 0, width = 0] }) => ({
        latents: values as Float32Array,
        height,
        width,
      }));
    }
    const latents_BHWC = tf.tidy(() => latentsTensor(batch, tokenizer));
    try {
      const [, height, width] = latents_BHWC.shape;
      const values = (await latents_BHWC.data()) as Float32Array;
      const size = values.length / batch.length;
      return batch.map((_, i) => ({ latents: values.slice(i * size, (i + 1) * size), height, width }));
    } finally {
      latents_BHWC.dispose();
    }
  });
}

/** One tensor of pictures of one size; to be called in a tidy. */
function latentsTensor(batch: readonly EncodedPicture[], tokenizer: ImageTokenizer): tf.Tensor4D {
  const dtype = isDiscrete(tokenizer) ? "int32" : "float32";
  const tensors = batch.map(({ values, shape }) => tf.tensor(values, [...shape], dtype));
  const stacked = tf.stack(tensors);
  return isDiscrete(tokenizer) ? tokenizer.indicesToLatents(stacked) : (stacked as tf.Tensor4D);
}
