// B batch, H height, W width, C channels
import { groupNorm, groupNormWith, initOnes, initZeros, type tf } from "@interfuse/tensor";
import { Layer } from "./layer.ts";
import type { Step } from "./steps.ts";

const EPSILON = 1e-6;

/** GroupNorm, with or without SiLU after it. Parameters: `weight [C]`, `bias [C]`. */
export class Norm extends Layer {
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
  steps(): readonly Step[] {
    return [
      {
        kind: "norm",
        groups: this.#options.groups,
        run: (x_BHWC) => groupNorm(x_BHWC, this.#weight, this.#bias, this.#options),
        runWith: (x_BHWC, moments) => groupNormWith(x_BHWC, this.#weight, this.#bias, { ...this.#options, moments }),
      },
    ];
  }
}
