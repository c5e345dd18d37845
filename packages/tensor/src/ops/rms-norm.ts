/**
 * Root-mean-square normalisation (arXiv 1910.07467): y = x / sqrt(mean(x²) + epsilon) · weight, over the last axis.
 *
 * Kernel `RmsNorm`: { x [..,D], weight [D] }; { epsilon } -> [y [..,D], inverseRms [..]]
 * Gradient: `RmsNormGrad` { dy, x, weight, inverseRms } -> [dx, dWeight]
 * In bf16 precision y is stored in bf16; inverseRms, dx and dWeight are float32.
 */
import { tf } from "../tf.ts";
import { lastAxis, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernelMany } from "./dispatch.ts";

/**
 * Normalises x [..,D] to unit root mean square over the last axis and scales by weight [D].
 * @throws RangeError when the shapes do not fit.
 */
export function rmsNorm<T extends tf.Tensor>(x: T, weight: tf.Tensor, { epsilon }: { epsilon: number }): T {
  requireShape("rmsNorm", "weight", weight, [lastAxis("rmsNorm", "x", x)]);
  if (hasFusedKernel("RmsNorm")) {
    const [y, inverseRms] = runKernelMany("RmsNorm", { x, weight }, { epsilon });
    inverseRms!.dispose();
    return y as T;
  }
  return tf.tidy(() => {
    const inverseRms = x.square().mean(-1, true).add(epsilon).rsqrt();
    return x.mul(inverseRms).mul(weight) as T;
  });
}

registerFusedGradient({
  kernelName: "RmsNorm",
  inputsToSave: ["x", "weight"],
  outputsToSave: [false, true],
  gradient: ([dy], [x, weight, inverseRms]) => {
    const [dx, dWeight] = runKernelMany("RmsNormGrad", {
      dy: dy!,
      x: x!,
      weight: weight!,
      inverseRms: inverseRms!,
    });
    return { x: () => dx!, weight: () => dWeight! };
  },
});
