/** Sizes that the downsampling factor does not divide: pad on the way in, crop on the way out. */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";
import type { PictureSize } from "./picture.ts";

/**
 * Repeats the last row and column until height and width are multiples of `multiple`; the same tensor data when they are.
 *
 * @throws RangeError when a side is smaller than `multiple`: there would be more padding than picture.
 */
export function padToMultiple(pixels_BHWC: tf.Tensor4D, multiple: number): tf.Tensor4D {
  const [, height, width] = pixels_BHWC.shape;
  for (const [name, size] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (size < multiple) {
      throw new RangeError(
        `padToMultiple: ${name} (=${size}) must be at least the downsampling factor (=${multiple}); enlarge the picture or use a tokenizer with a smaller factor`,
      );
    }
  }
  return tf.tidy(() => repeatLast(repeatLast(pixels_BHWC, 1, multiple), 2, multiple).clone());
}

/**
 * The top left `height` x `width` of a batch, undoing {@link padToMultiple}.
 *
 * @throws RangeError when a side is no positive whole number, or larger than the batch's.
 */
export function cropTo(pixels_BHWC: tf.Tensor4D, { height, width }: PictureSize): tf.Tensor4D {
  const [batch, paddedHeight, paddedWidth, channels] = pixels_BHWC.shape;
  if (![height, width].every((side) => Number.isInteger(side) && side > 0)) {
    throw new RangeError(`cropTo: height (=${height}) and width (=${width}) must be positive whole numbers`);
  }
  if (height > paddedHeight || width > paddedWidth) {
    throw new RangeError(`cropTo: ${height}x${width} is larger than the pixels, ${paddedHeight}x${paddedWidth}`);
  }
  return pixels_BHWC.slice([0, 0, 0, 0], [batch, height, width, channels]);
}

function repeatLast(x: tf.Tensor4D, axis: 1 | 2, multiple: number): tf.Tensor4D {
  const size = x.shape[axis];
  const missing = (multiple - (size % multiple)) % multiple;
  if (missing === 0) return x;
  const begin = [0, 0, 0, 0];
  begin[axis] = size - 1;
  const length: number[] = [...x.shape];
  length[axis] = 1;
  const last = x.slice(begin as [number, number, number, number], length as [number, number, number, number]);
  return tf.concat([x, ...Array.from({ length: missing }, () => last)], axis);
}
