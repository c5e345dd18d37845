/**
 * Group normalisation in two halves, for pictures that are computed in parts: the moments of a part, and normalising a part
 * by moments of the whole. Without gradients.
 *
 * Kernel `GroupMoments`: { x [B,H,W,C] }; { groups } -> [mean [B,groups], variance [B,groups]]
 * Kernel `GroupNormWith`: { x [B,H,W,C], weight [C], bias [C], mean [B,groups], variance [B,groups] };
 *   attrs of `GroupNorm` -> y [B,H,W,C], in bf16 precision stored in bf16
 */
// B batch, H height, W width, C channels, G groups
import { tf } from "../tf.ts";
import { requireActivation, requireGroups, requireShape } from "./checks.ts";
import { hasFusedKernel, runKernel, runKernelMany } from "./dispatch.ts";
import type { GroupNormOptions } from "./group-norm.ts";

/** Mean and variance of each group of channels over the pixels of each image, both `[B, G]`. */
export type GroupMoments = { readonly mean_BG: tf.Tensor2D; readonly variance_BG: tf.Tensor2D };

/** Settings of `groupNormWith`: those of `groupNorm`, and moments to use in place of x's own. */
export type GroupNormWithOptions = GroupNormOptions & { readonly moments: GroupMoments };

/**
 * Moments of each group of neighbouring channels of x [B,H,W,C].
 * @throws RangeError when C is not divisible by `groups`.
 */
export function groupMoments(x: tf.Tensor4D, groups: number): GroupMoments {
  requireGroups("groupMoments", x, groups);
  if (hasFusedKernel("GroupMoments")) {
    const [mean, variance] = runKernelMany("GroupMoments", { x }, { groups });
    return { mean_BG: mean as tf.Tensor2D, variance_BG: variance as tf.Tensor2D };
  }
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const { mean, variance } = tf.moments(x.reshape([batch, height * width, groups, channels / groups]), [1, 3]);
    return { mean_BG: mean as tf.Tensor2D, variance_BG: variance as tf.Tensor2D };
  });
}

/**
 * `groupNorm` of x [B,H,W,C], which may be a part of what the moments are of.
 * @throws RangeError when the shapes do not fit, C is not divisible by `groups` or there is no such activation.
 */
export function groupNormWith(
  x: tf.Tensor4D,
  weight: tf.Tensor,
  bias: tf.Tensor,
  { groups, epsilon, activation = "none", moments: { mean_BG, variance_BG } }: GroupNormWithOptions,
): tf.Tensor4D {
  requireGroups("groupNormWith", x, groups);
  requireActivation("groupNormWith", activation);
  const [batch, , , channels] = x.shape;
  requireShape("groupNormWith", "weight", weight, [channels]);
  requireShape("groupNormWith", "bias", bias, [channels]);
  requireShape("groupNormWith", "mean_BG", mean_BG, [batch, groups]);
  requireShape("groupNormWith", "variance_BG", variance_BG, [batch, groups]);
  if (hasFusedKernel("GroupNormWith")) {
    const inputs = { x, weight, bias, mean: mean_BG, variance: variance_BG };
    return runKernel("GroupNormWith", inputs, { groups, epsilon, activation });
  }
  return tf.tidy(() => {
    const perChannel = (values_BG: tf.Tensor2D) =>
      tf.tile(values_BG.reshape([batch, groups, 1]), [1, 1, channels / groups]).reshape([batch, 1, 1, channels]);
    const factor = weight.mul(perChannel(variance_BG.add<tf.Tensor2D>(epsilon).rsqrt()));
    const y = x.mul(factor).add<tf.Tensor4D>(bias.sub(perChannel(mean_BG).mul(factor)));
    return activation === "silu" ? y.mul(y.sigmoid()) : y;
  });
}
