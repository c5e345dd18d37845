/** Moments of a whole from those of its parts (Chan, Golub and LeVeque, 1979). */
// B batch, G groups
import { type GroupMoments, tf } from "@interfuse/tensor";

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
