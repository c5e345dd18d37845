/**
 * Two-dimensional convolution (cross-correlation) with explicit padding and channel groups, and what it is added to.
 *
 * Kernel `GroupedConv2d`: { x [B,H,W,C], weight [kh,kw,C/groups,O], bias? [O], residual? [B,OH,OW,O] };
 *   { strides: [sh,sw], padding: [[top,bottom],[left,right]], groups } -> y [B,OH,OW,O]
 * Gradients: `GroupedConv2dGradInput` { dy, weight }; attrs + { inputShape } -> dx
 *   `GroupedConv2dGradWeight` { dy, x }; attrs + { weightShape } -> dWeight; the bias gradient is `LinearGradBias`.
 * In bf16 precision the residual is read and y and dx are stored in bf16; dWeight is float32.
 *
 * All three are linear in each input, so each one's gradients are the other two: convolutions can be differentiated any
 * number of times, which gradient penalties need. TensorFlow.js lacks the last of them, registered here too.
 */
// B batch, H height, W width, C input channels, O output channels
import { tf } from "../tf.ts";
import { requirePositiveInteger, requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, type KernelInputs, registerFusedGradient, runKernel } from "./dispatch.ts";

/** Zeros added around an image: [[top, bottom], [left, right]]. */
export type ImagePadding = [[number, number], [number, number]];

/** Settings of `conv2d`. `groups` splits both channel axes; output group g reads input group g only. */
export type Conv2dOptions = {
  /** [O]. */
  bias?: tf.Tensor;
  /** [B,OH,OW,O], added to the result. */
  residual?: tf.Tensor4D;
  strides: [number, number];
  padding: ImagePadding;
  groups?: number;
};

/**
 * Convolves x [B,H,W,C] with weight [kh,kw,C/groups,O], and adds bias and residual.
 * @throws RangeError when the shapes do not fit, strides or groups are not positive integers, padding is not of
 * non-negative ones, or the padded image is smaller than the kernel.
 */
export function conv2d(x: tf.Tensor4D, weight: tf.Tensor, options: Conv2dOptions): tf.Tensor4D {
  const { bias, residual, strides, padding, groups = 1 } = options;
  requireRank("conv2d", "x", x, "[B,H,W,C]");
  requireRank("conv2d", "weight", weight, "[kh,kw,C/groups,O]");
  requirePositiveInteger("conv2d", "groups", groups);
  for (const stride of strides) requirePositiveInteger("conv2d", "strides", stride);
  requirePadding(padding);
  const [batch, height, width, channels] = x.shape;
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
  if (residual !== undefined) {
    const outputHeight = Math.floor((paddedHeight - kernelHeight) / strides[0]) + 1;
    const outputWidth = Math.floor((paddedWidth - kernelWidth) / strides[1]) + 1;
    requireShape("conv2d", "residual", residual, [batch, outputHeight, outputWidth, outputChannels]);
  }
  if (hasFusedKernel("GroupedConv2d")) {
    const inputs: KernelInputs = { x, weight, ...(bias && { bias }), ...(residual && { residual }) };
    return runKernel<tf.Tensor4D>("GroupedConv2d", inputs, { strides, padding, groups });
  }
  return tf.tidy(() => {
    const padded = tf.pad(x, [[0, 0], ...padding, [0, 0]]);
    const y =
      groups === 1
        ? tf.conv2d(padded, weight as tf.Tensor4D, strides, "valid")
        : groupwiseConv2d(padded, weight as tf.Tensor4D, strides, groups);
    const sum = bias === undefined ? y : y.add<tf.Tensor4D>(bias);
    return residual === undefined ? sum : sum.add<tf.Tensor4D>(residual);
  });
}

function requirePadding(padding: ImagePadding): void {
  if (padding.flat().every((size) => Number.isInteger(size) && size >= 0)) return;
  throw new RangeError(
    `conv2d: padding (=${JSON.stringify(padding)}) must be of non-negative integers; slice x to crop it`,
  );
}

function groupwiseConv2d(x: tf.Tensor4D, weight: tf.Tensor4D, strides: [number, number], groups: number): tf.Tensor4D {
  const images = tf.split(x, groups, 3) as tf.Tensor4D[];
  const kernels = tf.split(weight, groups, 3) as tf.Tensor4D[];
  return tf.concat4d(
    images.map((image, group) => tf.conv2d(image, kernels[group]!, strides, "valid")),
    3,
  );
}

/** Attributes that the three kernels share. */
type Geometry = Pick<Conv2dOptions, "strides" | "padding" | "groups">;

const geometryOf = ({ strides, padding, groups }: Record<string, unknown>) =>
  ({ strides, padding, groups }) as Geometry;

const convolve = (x: tf.Tensor, weight: tf.Tensor, geometry: Geometry): tf.Tensor =>
  runKernel("GroupedConv2d", { x, weight }, geometry);

const gradInput = (dy: tf.Tensor, weight: tf.Tensor, attrs: Geometry & { inputShape: number[] }): tf.Tensor =>
  runKernel("GroupedConv2dGradInput", { dy, weight }, attrs);

const gradWeight = (dy: tf.Tensor, x: tf.Tensor, attrs: Geometry & { weightShape: number[] }): tf.Tensor =>
  runKernel("GroupedConv2dGradWeight", { dy, x }, attrs);

registerFusedGradient({
  kernelName: "GroupedConv2d",
  inputsToSave: ["x", "weight"],
  isDifferentiable: true,
  gradient: ([dy], [x, weight], attrs) => ({
    x: () => gradInput(dy!, weight!, { ...geometryOf(attrs), inputShape: x!.shape }),
    weight: () => gradWeight(dy!, x!, { ...geometryOf(attrs), weightShape: weight!.shape }),
    bias: () => runKernel("LinearGradBias", { dy: dy! }),
    residual: () => dy!.clone(),
  }),
});

registerFusedGradient({
  kernelName: "GroupedConv2dGradInput",
  inputsToSave: ["dy", "weight"],
  isDifferentiable: true,
  gradient: ([ddx], [dy, weight], attrs) => ({
    dy: () => convolve(ddx!, weight!, geometryOf(attrs)),
    weight: () => gradWeight(dy!, ddx!, { ...geometryOf(attrs), weightShape: weight!.shape }),
  }),
});

registerFusedGradient({
  kernelName: "GroupedConv2dGradWeight",
  inputsToSave: ["dy", "x"],
  isDifferentiable: true,
  gradient: ([ddWeight], [dy, x], attrs) => ({
    dy: () => convolve(x!, ddWeight!, geometryOf(attrs)),
    x: () => gradInput(dy!, ddWeight!, { ...geometryOf(attrs), inputShape: x!.shape }),
  }),
});

/** TensorFlow.js's attributes of a plain convolution and of its gradients. */
type PlainGeometry = {
  strides: [number, number];
  pad: "valid" | "same" | number;
  dataFormat: "NHWC" | "NCHW";
  dimRoundingMode?: "floor" | "round" | "ceil";
};

tf.registerGradient({
  kernelName: "Conv2DBackpropFilter",
  inputsToSave: ["dy", "x"],
  gradFunc: (ddFilter, [dy, x], attrs) => {
    const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as PlainGeometry;
    const filter = ddFilter as tf.Tensor4D;
    return {
      dy: () => tf.conv2d(x as tf.Tensor4D, filter, strides, pad, dataFormat, 1, dimRoundingMode),
      x: () =>
        runKernel(
          "Conv2DBackpropInput",
          { dy: dy!, filter },
          { strides, pad, dataFormat, dimRoundingMode, inputShape: x!.shape },
        ),
    };
  },
});
