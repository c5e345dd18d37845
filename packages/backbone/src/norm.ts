import { initOnes, Module, rmsNorm, type tf } from "@interfuse/tensor";

/** RMSNorm with a learned gain, `x / sqrt(mean(x^2) + epsilon) * weight` over the last axis (arXiv 1910.07467). Starts at gain 1. */
export class Norm extends Module {
  /** [dim]. */
  readonly weight: tf.Variable;
  readonly #epsilon: number;

  constructor(dim: number, epsilon: number) {
    super();
    this.weight = this.parameter("weight", initOnes([dim]));
    this.#epsilon = epsilon;
  }

  /** Normalises `x [..., dim]`. */
  forward<T extends tf.Tensor>(x: T): T {
    return rmsNorm(x, this.weight, { epsilon: this.#epsilon }) as T;
  }
}
