/** What a training step costs, in floating-point operations and in memory: estimates for people, not for programs. */
import type { Layout, UnifiedModel } from "@interfuse/model";

/**
 * Floating-point operations (2 a multiply-add) of forward and backward on one row: 6 per weight and token in the backbone and
 * the image objective, 6 per weight of the head and text target, and attention's 12 per query, seen key and head dimension.
 */
export function trainingFlops(model: UnifiedModel, row: Layout): number {
  const { vocabSize, backbone } = model.config;
  const sizes = [...model.parameters()].filter(
    ([name, weight]) => weight.rank === 2 && !/^(embedding|head)\./.test(name),
  );
  const weights = sizes.reduce((sum, [, weight]) => sum + weight.size, 0) / backbone.numExperts;
  const head = vocabSize * backbone.modelDim * row.textTargetRows.length;
  const attention = 2 * backbone.numLayers * backbone.numHeads * backbone.headDim * numSeenKeys(row);
  return 6 * (weights * row.length + head + attention);
}

/** Pairs of a token and a key it sees. */
function numSeenKeys({ keyRanges, length }: Layout): number {
  let pairs = 0;
  for (let token = 0; token < length; token++) {
    const [a0 = 0, a1 = 0, b0 = 0, b1 = 0] = keyRanges.subarray(4 * token, 4 * token + 4);
    pairs += a1 - a0 + (b1 - b0);
  }
  return pairs;
}

/** Bytes that training takes: weights, gradients, two moments and the average in f32, and the activations of one row. */
export function trainingMemory(
  model: UnifiedModel,
  options: { rowTokens: number; hasAverages: boolean; isBf16: boolean },
): number {
  const { backbone } = model.config;
  const copies = 4 + (options.hasAverages ? 1 : 0);
  const weights = model.numParameters() * (4 * copies + (options.isBf16 ? 2 : 0));
  const { modelDim, numLayers, numHeads, numKvHeads, headDim, mlpDim } = backbone;
  // Kept for the backward pass, per token and block: two residual sums (f32); two norms' outputs, queries, keys and values (plain and
  // rotated), attention's output, both projections of the MLP and their product.
  const kept = 2 * modelDim + 3 * numHeads * headDim + 3 * numKvHeads * headDim + 3 * mlpDim;
  const activations = options.rowTokens * numLayers * (8 * modelDim + (options.isBf16 ? 2 : 4) * kept);
  return weights + activations;
}
