/** Changes of scale and quarter turns, alike for pixels and latents, differentiable on every backend. */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";
import type { PictureSize } from "../picture.ts";
import { bilinearMap, resample } from "../resampling.ts";

/**
 * Bilinear resizing with half-pixel centres and without antialiasing, as PyTorch's `interpolate(mode="bilinear",
 * align_corners=False)`: halving averages 2 x 2, quartering only the middle 2 x 2 of every 4 x 4.
 *
 * @throws RangeError when a side is not a positive integer.
 */
export function resizeBilinear(x_BHWC: tf.Tensor4D, { height, width }: PictureSize): tf.Tensor4D {
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`resizeBilinear: ${name} (=${value}) must be a positive whole number`);
    }
  }
  const [, oldHeight, oldWidth] = x_BHWC.shape;
  return resample(x_BHWC, bilinearMap(oldHeight, height), bilinearMap(oldWidth, width));
}

/** Turns pictures counter-clockwise by 90 degrees, `quarterTurns` times. Exact. @throws RangeError when those are not whole. */
export function rotateQuarterTurns(x_BHWC: tf.Tensor4D, quarterTurns: number): tf.Tensor4D {
  if (!Number.isInteger(quarterTurns)) {
    throw new RangeError(`rotateQuarterTurns: quarterTurns (=${quarterTurns}) must be a whole number`);
  }
  const turns = ((quarterTurns % 4) + 4) % 4;
  return tf.tidy(() => {
    if (turns === 0) return x_BHWC.clone();
    if (turns === 2) return tf.reverse(x_BHWC, [1, 2]);
    return tf.reverse(tf.transpose(x_BHWC, [0, 2, 1, 3]), turns === 1 ? 1 : 2);
  });
}
