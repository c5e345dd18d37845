/** Mean and variance of groups of channels, and of a whole from those of its parts (Chan, Golub and LeVeque, 1979). */
// B batch, H height, W width, C channels, G groups
import { tf } from "@interfuse/tensor";
import type { GroupMoments } from "../convolutional/steps.ts";

/** Moments of each group of neighbouring channels of `[B, H, W, C]`. */
export function groupMoments(x_BHWC: tf.Tensor4D, groups: number): GroupMoments {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x_BHWC.shape;
    const { mean, variance } = tf.moments(x_BHWC.reshape([batch, height * width, groups, channels / groups]), [1, 3]);
    return { mean_BG: mean as tf.Tensor2D, variance_BG: variance as tf.Tensor2D };
  });
}

/** Moments of rows of equal width from those of some of them each. */
export function mergedMoments(parts: readonly (GroupMoments & { readonly numRows: number })[]): GroupMoments {
  return tf.tidy(() => {
    const total = parts.reduce((sum, { numRows }) => sum + numRows, 0);
    const weighted = (values: (part: GroupMoments) => tf.Tensor2D) =>
      tf.addN(parts.map((part) => values(part).mul<tf.Tensor2D>(part.numRows / total)));
    const mean_BG = weighted((part) => part.mean_BG);
    const variance_BG = weighted((part) => part.variance_BG.add(part.mean_BG.sub(mean_BG).square()));
    return { mean_BG, variance_BG };
  });
}
