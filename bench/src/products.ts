/** The matrix products of a training step on their own: what the step would take if nothing else cost anything. */
import { linear, tf } from "@interfuse/tensor";
import { type ModelShape, TOKENS_PER_DOCUMENT, WORKLOAD } from "./workload.ts";

/** Rows, inputs and outputs of each linear layer's forward product, with how often it occurs. */
export function layerProducts({ modelDim, numLayers, mlpDim }: ModelShape, numDocuments: number): number[][] {
  const rows = TOKENS_PER_DOCUMENT * numDocuments;
  const targets = (WORKLOAD.textBefore + WORKLOAD.textAfter - 1) * numDocuments;
  const patches = WORKLOAD.gridSize ** 2 * numDocuments;
  return [
    [rows, modelDim, 3 * modelDim, numLayers],
    [rows, modelDim, modelDim, numLayers],
    [rows, modelDim, 2 * mlpDim, numLayers],
    [rows, mlpDim, modelDim, numLayers],
    [targets, modelDim, WORKLOAD.vocabSize, 1],
    [patches, WORKLOAD.latentChannels, modelDim, 1],
    [patches, modelDim, WORKLOAD.latentChannels, 1],
  ];
}

/** FLOPs of the products in one step: forward, and twice that backward. */
export function productFlops(shape: ModelShape, numDocuments: number): number {
  return layerProducts(shape, numDocuments).reduce(
    (sum, [rows = 0, inputs = 0, outputs = 0, times = 0]) => sum + 6 * rows * inputs * outputs * times,
    0,
  );
}

/**
 * FLOPs of one step: products and, for each visible pair of query and key, two products of the model's width forward and
 * twice that backward. Embeddings and everything else count nothing.
 */
export function stepFlops(shape: ModelShape, numDocuments: number): number {
  return productFlops(shape, numDocuments) + 12 * visiblePairs() * numDocuments * shape.modelDim * shape.numLayers;
}

/** Pairs of tokens of one document: causal, and whole within the image. */
function visiblePairs(): number {
  const patches = WORKLOAD.gridSize ** 2;
  return (TOKENS_PER_DOCUMENT * (TOKENS_PER_DOCUMENT + 1)) / 2 + (patches * (patches - 1)) / 2;
}

/**
 * Runs every product of one step once: x Wᵀ, dy W and dyᵀ x per layer, on the current backend at its precision, with
 * operands in the storage that the step has them in. Make the runner once; it owns its operands.
 */
export function productRunner(shape: ModelShape, numDocuments: number): () => void {
  const layers = layerProducts(shape, numDocuments).map(([rows = 0, inputs = 0, outputs = 0, times = 0]) => {
    const stored = (height: number, width: number) =>
      // A product's output has the backend's storage, as operands have in the step.
      tf.tidy(() => linear(tf.ones([height, 8]), tf.zeros([width, 8])));
    return {
      times,
      x: stored(rows, inputs),
      dy: stored(rows, outputs),
      weight: tf.variable(tf.zeros([outputs, inputs])),
    };
  });
  const kernel = (name: string, inputs: Record<string, tf.Tensor>) =>
    tf.engine().runKernel(name, inputs, {}) as tf.Tensor;
  return () => {
    for (const { times, x, dy, weight } of layers) {
      for (let repeat = 0; repeat < times; repeat++) {
        linear(x, weight).dispose();
        kernel("LinearGradInput", { dy, weight }).dispose();
        kernel("LinearGradWeight", { dy, x }).dispose();
      }
    }
  };
}
