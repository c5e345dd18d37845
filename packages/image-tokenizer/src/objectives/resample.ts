/**
 * Changes of scale and quarter turns, alike for pixels and latents, differentiable on every backend: resizing is a product
 * with a matrix of weights along each side, since TensorFlow.js's own has a wrong gradient for half-pixel centres.
 */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";
import type { PictureSize } from "../picture.ts";

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
  const [batch, oldHeight, oldWidth, channels] = x_BHWC.shape;
  return tf.tidy(() => {
    const rows = tf.matMul(linearWeights(oldHeight, height), x_BHWC.reshape([batch, oldHeight, oldWidth * channels]));
    const columns = tf.matMul(linearWeights(oldWidth, width), rows.reshape([batch * height, oldWidth, channels]));
    return columns.reshape([batch, height, width, channels]);
  });
}

/** Turns pictures counter-clockwise by 90 degrees, `quarterTurns` times. Exact. */
export function rotateQuarterTurns(x_BHWC: tf.Tensor4D, quarterTurns: number): tf.Tensor4D {
  const turns = ((quarterTurns % 4) + 4) % 4;
  return tf.tidy(() => {
    if (turns === 0) return x_BHWC.clone();
    if (turns === 2) return tf.reverse(x_BHWC, [1, 2]);
    return tf.reverse(tf.transpose(x_BHWC, [0, 2, 1, 3]), turns === 1 ? 1 : 2);
  });
}

/** The weights `[1, newSize, oldSize]` of linear interpolation between half-pixel centres, clamped at the borders. */
function linearWeights(oldSize: number, newSize: number): tf.Tensor3D {
  const weights = new Float32Array(newSize * oldSize);
  for (let row = 0; row < newSize; row++) {
    const place = Math.max(0, ((row + 0.5) * oldSize) / newSize - 0.5);
    const before = Math.min(Math.floor(place), oldSize - 1);
    const after = Math.min(before + 1, oldSize - 1);
    const fraction = place - before;
    weights[row * oldSize + before]! += 1 - fraction;
    weights[row * oldSize + after]! += fraction;
  }
  return tf.tensor3d(weights, [1, newSize, oldSize]);
}
