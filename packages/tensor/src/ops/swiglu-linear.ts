/**
 * A linear map of a SwiGLU gate's values: the second half of a LLaMA-style feed-forward layer. It keeps the gate's input for
 * its gradient and computes the values anew, where `linear(swiglu(x), weight)` keeps both.
 *
 * Kernel `SwiGluLinear`: { x [L,2F], weight [O,F], residual? [L,O] }; { float32Output } -> y [L,O]
 * Gradient: `SwiGluLinearGrad` { dy, x, weight } -> [dx, values [L,F]] · `LinearGradWeight` { dy, x: values } -> dW
 * In bf16 precision values, y and dx are stored in bf16 (y in float32 with float32Output or a residual); dW is float32.
 */
// L tokens, F mlp dim, O output dim
import type { tf } from "../tf.ts";
import { requireRank, requireShape } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel, runKernelMany } from "./dispatch.ts";
import { type LinearOptions, linear } from "./linear.ts";
import { swiglu } from "./swiglu.ts";

/**
 * swiglu(x) Wᵀ + residual for x [L,2F], weight [O,F] and residual [L,O]; y is [L,O].
 * @throws RangeError when the shapes do not fit.
 */
export function swigluLinear(
  x_L2F: tf.Tensor2D,
  weight_OF: tf.Tensor2D,
  { residual, float32Output = false }: Omit<LinearOptions<tf.Tensor2D>, "bias"> = {},
): tf.Tensor2D {
  requireRank("swigluLinear", "x", x_L2F, "[L,2F]");
  requireRank("swigluLinear", "weight", weight_OF, "[O,F]");
  const [numTokens, twice] = x_L2F.shape;
  const [outputDim, mlpDim] = weight_OF.shape;
  if (twice !== 2 * mlpDim) {
    throw new RangeError(
      `swigluLinear: the last axis of x (=${twice}) must be twice that of weight [O,F] (=${mlpDim})`,
    );
  }
  if (residual !== undefined) requireShape("swigluLinear", "residual", residual, [numTokens, outputDim]);
  if (!hasFusedKernel("SwiGluLinear")) {
    return linear(swiglu(x_L2F), weight_OF, { float32Output, ...(residual && { residual }) });
  }
  const inputs = { x: x_L2F, weight: weight_OF, ...(residual && { residual }) };
  return runKernel<tf.Tensor2D>("SwiGluLinear", inputs, { float32Output });
}

registerFusedGradient({
  kernelName: "SwiGluLinear",
  inputsToSave: ["x", "weight"],
  gradient: ([dy], [x, weight]) => {
    const [dx, values] = runKernelMany("SwiGluLinearGrad", { dy: dy!, x: x!, weight: weight! });
    return {
      x: () => dx!,
      weight: () => runKernel("LinearGradWeight", { dy: dy!, x: values! }),
      residual: () => dy!.clone(),
    };
  },
});
