/**
 * Group normalisation (arXiv 1803.08494) of images, with an optional SiLU after it.
 *
 * Kernel `GroupNorm`: { x [B,H,W,C], weight [C], bias [C] }; { groups, epsilon, activation: "none" | "silu" }
 *   -> [y [B,H,W,C], mean [B,groups], inverseStd [B,groups]]
 * Gradient: `GroupNormGrad` { dy, x, weight, bias, mean, inverseStd }; same attrs -> [dx, dWeight, dBias]
 * In bf16 precision y and dx are stored in bf16; the rest is float32.
 */
// B batch, H height, W width, C channels
import { tf } from "../tf.ts";
import { requireActivation, requireGroups, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernelMany } from "./dispatch.ts";

/** Settings of `groupNorm`: channels are split into `groups` runs of neighbours. */
export type GroupNormOptions = { groups: number; epsilon: number; activation?: "none" | "silu" };

/**
 * Normalises each group of channels of x [B,H,W,C] over its pixels to mean 0 and variance 1, then applies weight [C],
 * bias [C] and the activation (none unless given).
 * @throws RangeError when the shapes do not fit, C is not divisible by `groups` or there is no such activation.
 */
export function groupNorm(
  x: tf.Tensor4D,
  weight: tf.Tensor,
  bias: tf.Tensor,
  { groups, epsilon, activation = "none" }: GroupNormOptions,
): tf.Tensor4D {
  requireGroups("groupNorm", x, groups);
  requireActivation("groupNorm", activation);
  const [batch, height, width, channels] = x.shape;
  requireShape("groupNorm", "weight", weight, [channels]);
  requireShape("groupNorm", "bias", bias, [channels]);
  if (hasFusedKernel("GroupNorm")) {
    const [y, mean, inverseStd] = runKernelMany("GroupNorm", { x, weight, bias }, { groups, epsilon, activation });
    tf.dispose([mean!, inverseStd!]);
    return y as tf.Tensor4D;
  }
  return tf.tidy(() => {
    const grouped = x.reshape([batch, height * width, groups, channels / groups]);
    const centred = grouped.sub(grouped.mean([1, 3], true));
    const inverseStd = centred.square().mean([1, 3], true).add(epsilon).rsqrt();
    const normalised = centred.mul(inverseStd).reshape<tf.Tensor4D>(x.shape);
    const y = normalised.mul(weight).add<tf.Tensor4D>(bias);
    return activation === "silu" ? y.mul(y.sigmoid()) : y;
  });
}

registerFusedGradient({
  kernelName: "GroupNorm",
  inputsToSave: ["x", "weight", "bias"],
  outputsToSave: [false, true, true],
  gradient: ([dy], [x, weight, bias, mean, inverseStd], attrs) => {
    const [dx, dWeight, dBias] = runKernelMany(
      "GroupNormGrad",
      { dy: dy!, x: x!, weight: weight!, bias: bias!, mean: mean!, inverseStd: inverseStd! },
      attrs,
    );
    return { x: () => dx!, weight: () => dWeight!, bias: () => dBias! };
  },
});
