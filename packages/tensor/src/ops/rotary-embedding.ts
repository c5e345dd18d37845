/**
 * Rotary position embedding (arXiv 2104.09864), half-split as in Hugging Face: of a head's K values, i and i + K/2 are
 * one pair, turned by angle i of its token.
 *
 * Kernel `RotaryEmbedding`: { x [L,H,K], table [L,K] = (cos | sin) }; { inverse, numHeads } -> y [L,H,K]
 * Gradient: the same kernel with `inverse` negated (a rotation's transpose is its inverse).
 * In bf16 precision y is stored in bf16.
 */
// L tokens, H heads, K head dim
import { tf } from "../tf.ts";
import { requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel } from "./dispatch.ts";

/**
 * Turns the first `numHeads` heads (all by default) of x [L,H,K] by their token's angles; the others pass. `table` [L,K]
 * comes from `rotaryTable` and gets no gradient.
 * @throws RangeError when the shapes do not fit.
 */
export function rotaryEmbedding(
  x_LHK: tf.Tensor3D,
  table_LK: tf.Tensor2D,
  { numHeads }: { numHeads?: number } = {},
): tf.Tensor3D {
  requireRank("rotaryEmbedding", "x", x_LHK, "[L,H,K]");
  const [numTokens, allHeads, headDim] = x_LHK.shape;
  const turned = numHeads ?? allHeads;
  if (headDim % 2 !== 0) throw new RangeError(`rotaryEmbedding: the head dim of x (=${headDim}) must be even`);
  if (!(Number.isInteger(turned) && turned >= 1 && turned <= allHeads)) {
    throw new RangeError(`rotaryEmbedding: numHeads (=${numHeads}) must be an integer from 1 to ${allHeads}`);
  }
  requireShape("rotaryEmbedding", "table", table_LK, [numTokens, headDim]);
  if (hasFusedKernel("RotaryEmbedding")) {
    return runKernel<tf.Tensor3D>(
      "RotaryEmbedding",
      { x: x_LHK, table: table_LK },
      { inverse: false, numHeads: turned },
    );
  }
  return tf.tidy(() => {
    if (turned === allHeads) return turnAll(x_LHK, table_LK);
    const [heads, others] = tf.split(x_LHK, [turned, allHeads - turned], 1) as [tf.Tensor3D, tf.Tensor3D];
    return tf.concat3d([turnAll(heads, table_LK), others], 1);
  });
}

function turnAll(x_LHK: tf.Tensor3D, table_LK: tf.Tensor2D): tf.Tensor3D {
  const [cos, sin] = tf.split(table_LK.expandDims<tf.Tensor3D>(1), 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  const [first, second] = tf.split(x_LHK, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
  return tf.concat3d([first.mul(cos).sub(second.mul(sin)), second.mul(cos).add(first.mul(sin))], 2);
}

registerFusedGradient({
  kernelName: "RotaryEmbedding",
  inputsToSave: ["table"],
  gradient: ([dy], [table], { inverse, numHeads }) => ({
    x: () => runKernel("RotaryEmbedding", { x: dy!, table: table! }, { inverse: !inverse, numHeads }),
  }),
});
