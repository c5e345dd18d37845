/**
 * The angles of rotary position embedding (RoFormer, arXiv 2104.09864) for three-axis positions: frequency i of
 * headDim / 2 is base^(-2 i / headDim) and turns with axis i mod 3 of (sequence, row, column). A text token has three
 * equal coordinates, which makes this plain one-dimensional RoPE.
 */
// L tokens, K head dim
import { tf } from "../tf.ts";

/**
 * The table [L, headDim] = (cosines | sines) that `rotaryEmbedding` takes, for positions [L,3].
 * @throws RangeError when headDim is odd or the positions are not triples.
 */
export function rotaryTable(
  positions_L3: Float32Array | tf.Tensor2D,
  { headDim, base }: { headDim: number; base: number },
): tf.Tensor2D {
  if (headDim % 2 !== 0 || headDim <= 0)
    throw new RangeError(`rotaryTable: headDim (=${headDim}) must be even and > 0`);
  const numValues = positions_L3 instanceof tf.Tensor ? positions_L3.size : positions_L3.length;
  if (numValues % 3 !== 0) {
    throw new RangeError(`rotaryTable: positions (${numValues} values) must be triples (sequence, row, column)`);
  }
  const numFrequencies = headDim / 2;
  const axisFrequencies = new Float32Array(3 * numFrequencies);
  for (let i = 0; i < numFrequencies; i++) {
    axisFrequencies[(i % 3) * numFrequencies + i] = base ** ((-2 * i) / headDim);
  }
  return tf.tidy(() => {
    const positions = positions_L3 instanceof tf.Tensor ? positions_L3 : tf.tensor2d(positions_L3, [numValues / 3, 3]);
    const angles = tf.matMul(positions, tf.tensor2d(axisFrequencies, [3, numFrequencies]));
    return tf.concat([angles.cos(), angles.sin()], 1) as tf.Tensor2D;
  });
}
