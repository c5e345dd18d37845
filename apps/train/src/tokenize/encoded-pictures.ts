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
import { decodeAnySize, encodeAnySize, encodeToIndicesAnySize } from "../image-tokenizer/any-size.ts";

/** Indices of pictures of any sizes, or their latents when the tokenizer has no codes; in the order given. */
export function encodeToStore(pictures: readonly Picture[], tokenizer: ImageTokenizer): Promise<EncodedPicture[]> {
  return mapEqualSizes(pictures, async (batch) => {
    const encoded = tf.tidy(() => {
      const pixels_BHWC = picturesToTensor(batch);
      return isDiscrete(tokenizer)
        ? encodeToIndicesAnySize(tokenizer, pixels_BHWC)
        : encodeAnySize(tokenizer, pixels_BHWC);
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

/** Pictures of what {@link encodeToStore} gave, cropped to their sizes. @throws RangeError when the tokenizer cannot have given it. */
export function decodeFromStore(pictures: readonly EncodedPicture[], tokenizer: ImageTokenizer): Promise<Picture[]> {
  return mapEqualSizes(pictures, async (batch) => {
    const size = batch[0] as EncodedPicture;
    const pixels_BHWC = tf.tidy(() => decodeAnySize(tokenizer, latentsTensor(batch, tokenizer), size));
    try {
      return await tensorToPictures(pixels_BHWC);
    } finally {
      pixels_BHWC.dispose();
    }
  });
}

/** The latents of what {@link encodeToStore} gave, as documents hold them. @throws as {@link decodeFromStore}. */
export function latentsFromStore(
  pictures: readonly EncodedPicture[],
  tokenizer: ImageTokenizer,
): Promise<LatentImage[]> {
  return mapEqualSizes(pictures, async (batch) => {
    if (!isDiscrete(tokenizer)) {
      return batch.map((picture) => {
        const { values, shape } = picture;
        checkLatents(picture, tokenizer);
        const [height = 0, width = 0] = shape;
        return { latents: values as Float32Array, height, width };
      });
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
  const stacked = (dtype: "int32" | "float32") =>
    tf.stack(batch.map(({ values, shape }) => tf.tensor(values, [...shape], dtype)));
  if (isDiscrete(tokenizer)) return tokenizer.indicesToLatents(stacked("int32"));
  for (const picture of batch) checkLatents(picture, tokenizer);
  return stacked("float32") as tf.Tensor4D;
}

/** @throws RangeError when stored latents have another number of channels than the tokenizer's, or a value that is not finite. */
function checkLatents({ values, shape }: EncodedPicture, { latentChannels }: ImageTokenizer): void {
  if (shape.length !== 3 || shape[2] !== latentChannels) {
    throw new RangeError(
      `stored latents have shape [${shape}]; the image tokenizer's are [h, w, ${latentChannels}]; encode the data again`,
    );
  }
  const place = values.findIndex((value) => !Number.isFinite(value));
  if (place >= 0) {
    throw new RangeError(`stored latents[${place}] (=${values[place]}) must be finite; encode the data again`);
  }
}
