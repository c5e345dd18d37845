/**
 * Attention's query and key heads, normalised (QK-norm, arXiv 2302.05442) and turned by their positions, as they come from a
 * projection that makes queries, keys and values together: `rmsNorm`, then `rotaryEmbedding`, in one pass.
 *
 * Kernel `NormedRotary`: { x [L,H,K], table [L,K] = (cos | sin), queryWeight [K], keyWeight [K] };
 *   { numHeads, numKvHeads, epsilon } -> [y [L,H,K], inverseRms [L,N+G]]
 * Gradient: `NormedRotaryGrad` { dy, x, table, queryWeight, keyWeight, inverseRms }; same attrs -> [dx, dQueryWeight, dKeyWeight]
 * In bf16 precision y is stored in bf16 and dx like x; inverseRms and the weights' gradients are float32.
 */
// L tokens, H all heads, N query heads, G key heads, K head dim
import { tf } from "../tf.ts";
import { requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernelMany } from "./dispatch.ts";
import { rmsNorm } from "./rms-norm.ts";
import { rotaryEmbedding } from "./rotary-embedding.ts";

/** How many heads are queries and, behind them, keys; and the norm's weights and epsilon. */
export type NormedRotaryOptions = {
  numHeads: number;
  numKvHeads: number;
  /** [K] each. */
  queryWeight: tf.Tensor;
  keyWeight: tf.Tensor;
  epsilon: number;
};

/**
 * Normalises the first N and the next G heads of x [L,H,K], each head by itself, and turns them by their token's angles; the
 * heads behind them pass. `table` [L,K] comes from `rotaryTable` and gets no gradient.
 * @throws RangeError when the shapes do not fit.
 */
export function normedRotary(x_LHK: tf.Tensor3D, table_LK: tf.Tensor2D, options: NormedRotaryOptions): tf.Tensor3D {
  const { numHeads, numKvHeads, queryWeight, keyWeight, epsilon } = options;
  requireRank("normedRotary", "x", x_LHK, "[L,H,K]");
  const [numTokens, allHeads, headDim] = x_LHK.shape;
  if (headDim % 2 !== 0) throw new RangeError(`normedRotary: the head dim of x (=${headDim}) must be even`);
  const areCounts = [numHeads, numKvHeads].every((count) => Number.isInteger(count) && count >= 1);
  if (!areCounts || numHeads + numKvHeads > allHeads) {
    throw new RangeError(
      `normedRotary: numHeads (=${numHeads}) and numKvHeads (=${numKvHeads}) must be at least 1 and together at most ${allHeads}`,
    );
  }
  requireShape("normedRotary", "table", table_LK, [numTokens, headDim]);
  requireShape("normedRotary", "queryWeight", queryWeight, [headDim]);
  requireShape("normedRotary", "keyWeight", keyWeight, [headDim]);
  if (hasFusedKernel("NormedRotary")) {
    const inputs = { x: x_LHK, table: table_LK, queryWeight, keyWeight };
    const [y, inverseRms] = runKernelMany("NormedRotary", inputs, { numHeads, numKvHeads, epsilon });
    inverseRms!.dispose();
    return y as tf.Tensor3D;
  }
  return tf.tidy(() => {
    const sizes = [numHeads, numKvHeads, allHeads - numHeads - numKvHeads];
    const [query, key, rest] = tf.split(x_LHK, sizes, 1) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    return tf.concat3d(
      [
        rotaryEmbedding(rmsNorm(query, queryWeight, { epsilon }), table_LK),
        rotaryEmbedding(rmsNorm(key, keyWeight, { epsilon }), table_LK),
        rest,
      ],
      1,
    );
  });
}

registerFusedGradient({
  kernelName: "NormedRotary",
  inputsToSave: ["x", "table", "queryWeight", "keyWeight"],
  outputsToSave: [false, true],
  gradient: ([dy], [x, table, queryWeight, keyWeight, inverseRms], attrs) => {
    const [dx, dQueryWeight, dKeyWeight] = runKernelMany(
      "NormedRotaryGrad",
      { dy: dy!, x: x!, table: table!, queryWeight: queryWeight!, keyWeight: keyWeight!, inverseRms: inverseRms! },
      attrs,
    );
    return { x: () => dx!, queryWeight: () => dQueryWeight!, keyWeight: () => dKeyWeight! };
  },
});
