/**
 * Rows of a table by index. Also the way to permute or pick rows of activations.
 *
 * Kernel `Embedding`: { weight [V,D], ids [L] int32 } -> rows [L,D]
 * Gradient: `EmbeddingGrad` { dy, ids }; { vocabSize } -> dWeight [V,D] (rows named twice add up)
 * Rows and dWeight are float32. An id outside [0,V) is an error of the backend, or NaN on an accelerator.
 */
// L ids, V rows (vocabulary), D row width
import { tf } from "../tf.ts";
import { requireDtype, requireRank } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel } from "./dispatch.ts";

/**
 * weight[ids], [L,D], for weight [V,D] and int32 ids [L].
 * @throws RangeError when the shapes do not fit; TypeError when ids are not int32.
 */
export function embedding(weight: tf.Tensor, ids: tf.Tensor1D): tf.Tensor2D {
  requireRank("embedding", "weight", weight, "[V,D]");
  requireRank("embedding", "ids", ids, "[L]");
  requireDtype("embedding", "ids", ids, "int32");
  if (hasFusedKernel("Embedding")) return runKernel<tf.Tensor2D>("Embedding", { weight, ids });
  return tf.gather(weight as tf.Tensor2D, ids);
}

registerFusedGradient({
  kernelName: "Embedding",
  inputsToSave: ["weight", "ids"],
  gradient: ([dy], [weight, ids]) => ({
    weight: () => runKernel("EmbeddingGrad", { dy: dy!, ids: ids! }, { vocabSize: weight!.shape[0] }),
  }),
});
