/**
 * What a discriminator may compute with. A gradient penalty differentiates the discriminator's gradient once more, and
 * there TensorFlow.js fails or, worse, is silently wrong for many operations: leaky relu and whatever else selects by a
 * comparison, pooling, resizing, depthwise convolutions, everything fused but `conv2d` and `linear`.
 */

/**
 * Kernels whose second derivatives are tested, by finite differences on every backend, in `test/tensor/second-derivatives.test.ts`.
 * A test asserts that every discriminator's forward pass calls no other. Leaky relu is `slope * x + (1 - slope) * relu(x)`
 * from them; pooling a reshape and a mean.
 */
export const TWICE_DIFFERENTIABLE_KERNELS: ReadonlySet<string> = new Set([
  "Add",
  "BatchMatMul",
  "Concat",
  "Conv2D",
  "GroupedConv2d",
  "Identity",
  "Linear",
  "Mean",
  "Multiply",
  "PadV2",
  "Relu",
  "Reshape",
  "Rsqrt",
  "Slice",
  "SplitV",
  "Square",
  "Sub",
  "Sum",
  "Transpose",
]);
