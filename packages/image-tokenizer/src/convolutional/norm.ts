// B batch, H height, W width, C channels, G groups
import { groupNorm, initOnes, initZeros, tf } from "@interfuse/tensor";
import { Layer } from "./layer.ts";
import type { GroupMoments, Step } from "./steps.ts";

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
        runWith: (x_BHWC, moments) => this.#normalizeWith(x_BHWC, moments),
      },
    ];
  }

  #normalizeWith(x_BHWC: tf.Tensor4D, { mean_BG, variance_BG }: GroupMoments): tf.Tensor4D {
    const { groups, epsilon, activation } = this.#options;
    return tf.tidy(() => {
      const [batch, , , channels] = x_BHWC.shape;
      const perChannel = (values_BG: tf.Tensor2D) =>
        tf.tile(values_BG.reshape([batch, groups, 1]), [1, 1, channels / groups]).reshape([batch, 1, 1, channels]);
      const factor = this.#weight.mul(perChannel(variance_BG.add<tf.Tensor2D>(epsilon).rsqrt()));
      const offset = this.#bias.sub(perChannel(mean_BG).mul(factor));
      const y = x_BHWC.mul(factor).add<tf.Tensor4D>(offset);
      return activation === "silu" ? y.mul(y.sigmoid()) : y;
    });
  }
}
