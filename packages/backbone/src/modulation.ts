/**
 * Adaptive normalisation (adaLN of DiT, arXiv 2212.09748), per token: a linear map of the conditioning gives shift,
 * scale and gate of each half of a block.
 *
 * Departures from the paper: the weights start at zero but the gate is `1 + gate`, so that a new model equals the
 * unconditioned one instead of the identity; and there is no bias, so that a token whose conditioning is zero (text)
 * always passes through an ordinary block.
 */
// L tokens, D model dim
import { initZeros, linear, Module, tf } from "@interfuse/tensor";

/** Zero-initialised linear map from conditioning `[L, conditioningDim]` to several `[L, D]` modulations. Parameter: `weight [numOutputs * D, conditioningDim]`. */
export class Modulation extends Module {
  readonly #weight: tf.Variable;
  readonly #numOutputs: number;

  constructor(conditioningDim: number, modelDim: number, numOutputs: number) {
    super();
    this.#weight = this.parameter("weight", initZeros([numOutputs * modelDim, conditioningDim]));
    this.#numOutputs = numOutputs;
  }

  /** The `numOutputs` modulations, each `[L, D]`. */
  forward(conditioning: tf.Tensor2D): tf.Tensor2D[] {
    return tf.split(linear(conditioning, this.#weight) as tf.Tensor2D, this.#numOutputs, 1);
  }
}

/** `x * (1 + scale) + shift`; `x` itself without modulation. */
export function shiftAndScale(x_LD: tf.Tensor2D, shift?: tf.Tensor2D, scale?: tf.Tensor2D): tf.Tensor2D {
  if (shift === undefined || scale === undefined) return x_LD;
  return x_LD.add(x_LD.mul(scale)).add(shift);
}

/**
 * `residual + (1 + gate) * branch()`; without modulation the plain sum, which the branch's last projection adds up itself
 * when it is handed the residual.
 */
export function addGated(
  residual_LD: tf.Tensor2D,
  gate: tf.Tensor2D | undefined,
  branch: (residual_LD?: tf.Tensor2D) => tf.Tensor2D,
): tf.Tensor2D {
  if (gate === undefined) return branch(residual_LD);
  const branch_LD = branch();
  return residual_LD.add(branch_LD).add(branch_LD.mul(gate));
}
