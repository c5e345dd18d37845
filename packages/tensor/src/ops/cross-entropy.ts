/**
 * Cross-entropy of each row: logSumExp(logits) - logits[target]; a target of -1 means no loss.
 *
 * Kernel `CrossEntropy`: { logits [L,V], targets [L] int32 } -> [loss [L], logSumExp [L]]
 * Gradient: `CrossEntropyGrad` { dy [L], logits, targets, logSumExp } -> dLogits [L,V]
 * All outputs are float32, but dLogits is stored in bf16 in that precision.
 * A target outside [-1,V) is an error of the backend, or NaN on an accelerator.
 */
// L rows, V classes
import { tf } from "../tf.ts";
import { requireDtype, requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel, runKernelMany } from "./dispatch.ts";

/**
 * The loss of every row [L], in nats, for logits [L,V] and int32 targets [L]; rows whose target is -1 give 0.
 * @throws RangeError when the shapes do not fit; TypeError when targets are not int32.
 */
export function crossEntropy(logits: tf.Tensor2D, targets: tf.Tensor1D): tf.Tensor1D {
  requireRank("crossEntropy", "logits", logits, "[L,V]");
  requireShape("crossEntropy", "targets", targets, [logits.shape[0]]);
  requireDtype("crossEntropy", "targets", targets, "int32");
  if (hasFusedKernel("CrossEntropy")) {
    const [loss, logSumExp] = runKernelMany("CrossEntropy", { logits, targets });
    logSumExp!.dispose();
    return loss as tf.Tensor1D;
  }
  return tf.tidy(() => {
    const isTarget_LV = tf.equal(targets.expandDims(1), tf.range(0, logits.shape[1], 1, "int32")).cast("float32");
    return tf.logSoftmax(logits).mul(isTarget_LV).sum<tf.Tensor1D>(1).neg();
  });
}

registerFusedGradient({
  kernelName: "CrossEntropy",
  inputsToSave: ["logits", "targets"],
  outputsToSave: [false, true],
  gradient: ([dy], [logits, targets, logSumExp]) => ({
    logits: () => runKernel("CrossEntropyGrad", { dy: dy!, logits: logits!, targets: targets!, logSumExp: logSumExp! }),
  }),
});
