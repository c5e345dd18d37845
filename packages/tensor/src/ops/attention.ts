/**
 * Grouped-query attention over key ranges: query head n reads key/value head floor(n / (N/G)); a query that sees no key
 * gives zeros.
 *
 * Kernel `Attention`: { query [L,N,K], key [S,G,K], value [S,G,K] }; { keyRanges: Int32Array(L*4), scale }
 *   -> [output [L,N,K], logSumExp [L,N]]
 * Gradient: `AttentionGrad` { dy, query, key, value, output, logSumExp }; same attrs -> [dQuery, dKey, dValue]
 * In bf16 precision output and the three gradients are stored in bf16; logSumExp is float32.
 */
// L queries, S keys, N query heads, G key/value heads, R = N/G query heads per key head, K head dim
import { tf } from "../tf.ts";
import { requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernelMany } from "./dispatch.ts";
import { checkKeyRanges, keyRangesToMask } from "./key-ranges.ts";

/** What `attention` takes. `scale` is K^-0.5 unless given. */
export type AttentionInputs = {
  query: tf.Tensor3D;
  key: tf.Tensor3D;
  value: tf.Tensor3D;
  keyRanges: Int32Array;
  scale?: number;
};

/**
 * softmax(scale · query keyᵀ over the keys each query sees) value, [L,N,K].
 * `keyRanges` holds (a0, a1, b0, b1) per query: it sees keys [a0,a1) ∪ [b0,b1); `keyRangesToMask` draws them.
 * @throws RangeError when the shapes do not fit or a key range is not valid (the message names its row).
 */
export function attention({ query, key, value, keyRanges, scale }: AttentionInputs): tf.Tensor3D {
  requireRank("attention", "query", query, "[L,N,K]");
  requireRank("attention", "key", key, "[S,G,K]");
  const [numQueries, numHeads, headDim] = query.shape;
  const [numKeys, numKvHeads] = key.shape;
  requireShape("attention", "key", key, [numKeys, numKvHeads, headDim]);
  requireShape("attention", "value", value, key.shape);
  if (numHeads % numKvHeads !== 0) {
    throw new RangeError(`attention: numHeads (=${numHeads}) must be divisible by numKvHeads (=${numKvHeads})`);
  }
  checkKeyRanges(keyRanges, numQueries, numKeys);
  const usedScale = scale ?? headDim ** -0.5;
  if (hasFusedKernel("Attention")) {
    const [output, logSumExp] = runKernelMany("Attention", { query, key, value }, { keyRanges, scale: usedScale });
    logSumExp!.dispose();
    return output as tf.Tensor3D;
  }
  return portableAttention({ query, key, value, keyRanges, scale: usedScale });
}

function portableAttention({ query, key, value, keyRanges, scale }: Required<AttentionInputs>): tf.Tensor3D {
  const [numQueries, numHeads, headDim] = query.shape;
  const [numKeys, numKvHeads] = key.shape;
  const headsPerKv = numHeads / numKvHeads;
  return tf.tidy(() => {
    const query_GRLK = query.reshape([numQueries, numKvHeads, headsPerKv, headDim]).transpose([1, 2, 0, 3]);
    const query_GMK = query_GRLK.reshape<tf.Tensor3D>([numKvHeads, headsPerKv * numQueries, headDim]);
    const key_GSK = key.transpose<tf.Tensor3D>([1, 0, 2]);
    const value_GSK = value.transpose<tf.Tensor3D>([1, 0, 2]);
    const scores_GRLS = tf
      .matMul(query_GMK, key_GSK, false, true)
      .mul(scale)
      .reshape([numKvHeads, headsPerKv, numQueries, numKeys]);

    const sees_LS = keyRangesToMask(keyRanges, numKeys).cast("float32");
    // Adding 0 leaves a visible score exact; adding -1e30 leaves nothing of a hidden one.
    const weights_GRLS = tf.softmax(scores_GRLS.add(sees_LS.sub(1).mul(1e30)));
    const seesAny_L1 = sees_LS.max(1, true);
    const weights_GMS = weights_GRLS.mul(seesAny_L1).reshape([numKvHeads, headsPerKv * numQueries, numKeys]);

    const output_GRLK = tf.matMul(weights_GMS, value_GSK).reshape([numKvHeads, headsPerKv, numQueries, headDim]);
    return output_GRLK.transpose([2, 0, 1, 3]).reshape(query.shape);
  });
}

registerFusedGradient({
  kernelName: "Attention",
  inputsToSave: ["query", "key", "value"],
  outputsToSave: [true, true],
  gradient: ([dy], [query, key, value, output, logSumExp], attrs) => {
    const [dQuery, dKey, dValue] = runKernelMany(
      "AttentionGrad",
      { dy: dy!, query: query!, key: key!, value: value!, output: output!, logSumExp: logSumExp! },
      attrs,
    );
    return { query: () => dQuery!, key: () => dKey!, value: () => dValue! };
  },
});
