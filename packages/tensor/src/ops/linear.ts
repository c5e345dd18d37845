/**
 * Linear map in PyTorch's layout: y = x Wᵀ + b, and what it is added to.
 *
 * Kernel `Linear`: { x [..,I], weight [O,I], bias? [O], residual? [..,O] }; { float32Output } -> y [..,O]
 * Gradients: `LinearGradInput` { dy, weight } -> dx · `LinearGradWeight` { dy, x } -> dW · `LinearGradBias` { dy } -> db
 * In bf16 precision y and dx are stored in bf16 (y in float32 with float32Output or a residual); dW and db are float32.
 * Each is linear in each input, so each one's gradients are the others: it can be differentiated any number of times.
 */
// I input dim, O output dim
import { tf } from "../tf.ts";
import { lastAxis, requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel } from "./dispatch.ts";

/** Options of `linear`. */
export type LinearOptions<T extends tf.Tensor> = {
  /** [O]. */
  bias?: tf.Tensor;
  /** [..,O], added to the result, which is float32 then: a residual stream. */
  residual?: T;
  /** Keeps the result in float32 under bf16 precision: for logits. */
  float32Output?: boolean;
};

/**
 * y = x Wᵀ + b + residual for x [..,I], weight [O,I], bias [O] and residual [..,O]; y is [..,O].
 * @throws RangeError when the shapes do not fit.
 */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor,
  { bias, residual, float32Output = false }: LinearOptions<T> = {},
): T {
  requireRank("linear", "weight", weight, "[O,I]");
  const [outputDim, inputDim] = weight.shape as [number, number];
  if (lastAxis("linear", "x", x) !== inputDim) {
    throw new RangeError(`linear: x (shape [${x.shape}]) must end in the input dim (=${inputDim}) of weight [O,I]`);
  }
  const outputShape = [...x.shape.slice(0, -1), outputDim];
  if (bias !== undefined) requireShape("linear", "bias", bias, [outputDim]);
  if (residual !== undefined) requireShape("linear", "residual", residual, outputShape);
  if (hasFusedKernel("Linear")) {
    const inputs = { x, weight, ...(bias && { bias }), ...(residual && { residual }) };
    return runKernel<T>("Linear", inputs, { float32Output });
  }
  return tf.tidy(() => {
    const rows = tf.util.sizeFromShape(outputShape.slice(0, -1));
    const product = tf.matMul(x.reshape([rows, inputDim]), weight as tf.Tensor2D, false, true);
    const y = (bias === undefined ? product : product.add(bias)).reshape(outputShape);
    return (residual === undefined ? y : y.add(residual)) as T;
  });
}

const gradInput = (dy: tf.Tensor, weight: tf.Tensor): tf.Tensor => runKernel("LinearGradInput", { dy, weight });

const gradWeight = (dy: tf.Tensor, x: tf.Tensor): tf.Tensor => runKernel("LinearGradWeight", { dy, x });

registerFusedGradient({
  kernelName: "Linear",
  inputsToSave: ["x", "weight"],
  isDifferentiable: true,
  gradient: ([dy], [x, weight]) => ({
    x: () => gradInput(dy!, weight!),
    weight: () => gradWeight(dy!, x!),
    bias: () => runKernel("LinearGradBias", { dy: dy! }),
    residual: () => dy!.clone(),
  }),
});

registerFusedGradient({
  kernelName: "LinearGradInput",
  inputsToSave: ["dy", "weight"],
  isDifferentiable: true,
  gradient: ([ddx], [dy, weight]) => ({
    dy: () => runKernel("Linear", { x: ddx!, weight: weight! }, { float32Output: false }),
    weight: () => gradWeight(dy!, ddx!),
  }),
});

registerFusedGradient({
  kernelName: "LinearGradWeight",
  inputsToSave: ["dy", "x"],
  isDifferentiable: true,
  gradient: ([ddWeight], [dy, x]) => ({
    dy: () => runKernel("Linear", { x: x!, weight: ddWeight! }, { float32Output: false }),
    x: () => gradInput(dy!, ddWeight!),
  }),
});

registerFusedGradient({
  kernelName: "LinearGradBias",
  inputsToSave: ["dy"],
  isDifferentiable: true,
  gradient: ([ddBias], [dy]) => ({ dy: () => tf.broadcastTo(ddBias!, dy!.shape) }),
});
