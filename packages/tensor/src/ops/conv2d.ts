/**
 * Two-dimensional convolution (cross-correlation) with explicit padding and channel groups.
 *
 * Kernel `GroupedConv2d`: { x [B,H,W,C], weight [kh,kw,C/groups,O], bias? [O] };
 *   { strides: [sh,sw], padding: [[top,bottom],[left,right]], groups } -> y [B,OH,OW,O]
 * Gradients: `GroupedConv2dGradInput` { dy, weight }; attrs + { inputShape } -> dx
 *   `GroupedConv2dGradWeight` { dy, x }; attrs + { weightShape } -> dWeight; the bias gradient is a sum.
 * In bf16 precision y and dx are stored in bf16; dWeight is float32.
 */
// B batch, H height, W width, C input channels, O output channels
import { tf } from "../tf.ts";
import { requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, type KernelInputs, registerFusedGradient, runKernel } from "./dispatch.ts";

/** Zeros added around an image: [[top, bottom], [left, right]]. */
export type ImagePadding = [[number, number], [number, number]];

/** Settings of `conv2d`. `groups` splits both channel axes; output group g reads input group g only. */
export type Conv2dOptions = {
  bias?: tf.Tensor;
  strides: [number, number];
  padding: ImagePadding;
  groups?: number;
};

/**
 * Convolves x [B,H,W,C] with weight [kh,kw,C/groups,O].
 * @throws RangeError when the shapes do not fit, or the padded image is smaller than the kernel.
 */
export function conv2d(x: tf.Tensor4D, weight: tf.Tensor, options: Conv2dOptions): tf.Tensor4D {
  const { bias, strides, padding, groups = 1 } = options;
  requireRank("conv2d", "x", x, "[B,H,W,C]");
  requireRank("conv2d", "weight", weight, "[kh,kw,C/groups,O]");
  const [, height, width, channels] = x.shape;
  const [kernelHeight, kernelWidth, groupChannels, outputChannels] = weight.shape as [number, number, number, number];
  if (groupChannels * groups !== channels || outputChannels % groups !== 0) {
    throw new RangeError(
      `conv2d: weight (shape [${weight.shape}]) must be [kh,kw,C/groups,O] for C=${channels}, groups=${groups}, and O divisible by groups`,
    );
  }
  if (bias !== undefined) requireShape("conv2d", "bias", bias, [outputChannels]);
  const paddedHeight = height + padding[0][0] + padding[0][1];
  const paddedWidth = width + padding[1][0] + padding[1][1];
  if (paddedHeight < kernelHeight || paddedWidth < kernelWidth) {
    throw new RangeError(
      `conv2d: the padded image (${paddedHeight}x${paddedWidth}) must not be smaller than the kernel (${kernelHeight}x${kernelWidth})`,
    );
  }
  if (hasFusedKernel("GroupedConv2d")) {
    const inputs: KernelInputs = { x, weight };
    if (bias !== undefined) inputs.bias = bias;
    return runKernel<tf.Tensor4D>("GroupedConv2d", inputs, { strides, padding, groups });
  }
  return tf.tidy(() => {
    const padded = tf.pad(x, [[0, 0], ...padding, [0, 0]]);
    const y =
      groups === 1
        ? tf.conv2d(padded, weight as tf.Tensor4D, strides, "valid")
        : groupwiseConv2d(padded, weight as tf.Tensor4D, strides, groups);
    return bias === undefined ? y : y.add<tf.Tensor4D>(bias);
  });
}

function groupwiseConv2d(x: tf.Tensor4D, weight: tf.Tensor4D, strides: [number, number], groups: number): tf.Tensor4D {
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const kernels = tf.split(weight, groups, 3) as tf.Tensor4D[];
  return tf.concat4d(
    images.map((image, group) => tf.conv2d(image, kernels[group]!, strides, "valid")),
    3,
  );
}

registerFusedGradient({
  kernelName: "GroupedConv2d",
  inputsToSave: ["x", "weight"],
  gradient: ([dy], [x, weight], attrs) => ({
    x: () => runKernel("GroupedConv2dGradInput", { dy: dy!, weight: weight! }, { ...attrs, inputShape: x!.shape }),
    weight: () => runKernel("GroupedConv2dGradWeight", { dy: dy!, x: x! }, { ...attrs, weightShape: weight!.shape }),
    bias: () => dy!.sum([0, 1, 2]),
  }),
});
