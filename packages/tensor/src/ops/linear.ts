/**
 * Linear map in PyTorch's layout: y = x Wᵀ + b.
 *
 * Kernel `Linear`: { x [..,I], weight [O,I], bias? [O] }; { float32Output } -> y [..,O]
 * Gradients: `LinearGradInput` { dy, weight } -> dx · `LinearGradWeight` { dy, x } -> dW · `LinearGradBias` { dy } -> db
 * In bf16 precision y and dx are stored in bf16 (y in float32 with float32Output); dW and db are float32.
 */
// I input dim, O output dim
import { tf } from "../tf.ts";
import { lastAxis, requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel } from "./dispatch.ts";

/**
 * y = x Wᵀ + b for x [..,I], weight [O,I] and bias [O]; y is [..,O].
 * `float32Output` keeps y in float32 under bf16 precision: for logits and for what is added to a residual stream.
 * @throws RangeError when the shapes do not fit.
 */
export function linear<T extends tf.Tensor>(
  x: T,
  weight: tf.Tensor,
  { bias, float32Output = false }: { bias?: tf.Tensor; float32Output?: boolean } = {},
): T {
  requireRank("linear", "weight", weight, "[O,I]");
  const [outputDim, inputDim] = weight.shape as [number, number];
  if (lastAxis("linear", "x", x) !== inputDim) {
    throw new RangeError(`linear: x (shape [${x.shape}]) must end in the input dim (=${inputDim}) of weight [O,I]`);
  }
  if (bias !== undefined) requireShape("linear", "bias", bias, [outputDim]);
  if (hasFusedKernel("Linear")) {
    return runKernel<T>("Linear", bias === undefined ? { x, weight } : { x, weight, bias }, { float32Output });
  }
  return tf.tidy(() => {
    const product = tf.matMul(x.reshape([-1, inputDim]), weight as tf.Tensor2D, false, true);
    const y = bias === undefined ? product : product.add(bias);
    return y.reshape([...x.shape.slice(0, -1), outputDim]) as T;
  });
}

registerFusedGradient({
  kernelName: "Linear",
  inputsToSave: ["x", "weight"],
  gradient: ([dy], [x, weight]) => ({
    x: () => runKernel("LinearGradInput", { dy: dy!, weight: weight! }),
    weight: () => runKernel("LinearGradWeight", { dy: dy!, x: x! }),
    bias: () => runKernel("LinearGradBias", { dy: dy! }),
  }),
});
