/**
 * SwiGLU gate (arXiv 2002.05202): of 2F values, the first F pass a SiLU and gate the last F.
 *
 * Kernel `SwiGlu`: { x [L,2F] } -> y [L,F]
 * Gradient: `SwiGluGrad` { dy, x } -> dx
 * In bf16 precision y and dx are stored in bf16.
 */
// L tokens, F mlp dim
import { tf } from "../tf.ts";
import { requireRank } from "./checks.ts";
import { hasFusedKernel, registerFusedGradient, runKernel } from "./dispatch.ts";

/**
 * silu(x[:, :F]) · x[:, F:] for x [L,2F].
 * @throws RangeError when the last axis is odd.
 */
export function swiglu(x: tf.Tensor2D): tf.Tensor2D {
  requireRank("swiglu", "x", x, "[L,2F]");
  if (x.shape[1] % 2 !== 0) throw new RangeError(`swiglu: the last axis of x (=${x.shape[1]}) must be even`);
  if (hasFusedKernel("SwiGlu")) return runKernel<tf.Tensor2D>("SwiGlu", { x });
  return tf.tidy(() => {
    const [gate, value] = tf.split(x, 2, 1) as [tf.Tensor2D, tf.Tensor2D];
    return gate.mul(gate.sigmoid()).mul<tf.Tensor2D>(value);
  });
}

registerFusedGradient({
  kernelName: "SwiGlu",
  inputsToSave: ["x"],
  gradient: ([dy], [x]) => ({ x: () => runKernel("SwiGluGrad", { dy: dy!, x: x! }) }),
});
