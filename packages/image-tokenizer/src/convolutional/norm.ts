import { groupNorm, initOnes, initZeros, Module, type tf } from "@interfuse/tensor";

const EPSILON = 1e-6;

/** GroupNorm, with or without SiLU after it. Parameters: `weight [C]`, `bias [C]`. */
export class Norm extends Module {
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable;
  readonly #options: { readonly groups: number; readonly epsilon: number; readonly activation: "none" | "silu" };

  constructor(channels: number, groups: number, activation: "none" | "silu") {
    super();
    this.#weight = this.parameter("weight", initOnes([channels]));
    this.#bias = this.parameter("bias", initZeros([channels]));
    this.#options = { groups, epsilon: EPSILON, activation };
  }

  /** Normalises `[B, H, W, C]`. */
  forward(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    return groupNorm(x_BHWC, this.#weight, this.#bias, this.#options);
  }
}
