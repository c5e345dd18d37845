// I images, H height, W width, C channels, O output channels
import { conv2d, groupNorm, initOnes, initZeros, Module, type tf } from "@interfuse/tensor";

/** Every number of channels that is normalised must be a multiple of this. */
export const NORM_GROUPS = 8;
const NORM_EPSILON = 1e-5;

/** x [I, H, W, C] with weight [3, 3, C, O], zero-padded -> [I, H, W, O]. */
export function conv3x3(x: tf.Tensor4D, weight: tf.Tensor): tf.Tensor4D {
  return conv2d(x, weight, {
    strides: [1, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
  });
}

/** Group normalisation, then SiLU. Parameters: `weight` and `bias`. */
export class NormSilu extends Module {
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable;

  constructor(numChannels: number) {
    super();
    this.#weight = this.parameter("weight", initOnes([numChannels]));
    this.#bias = this.parameter("bias", initZeros([numChannels]));
  }

  /** [I, H, W, C] -> the same shape. */
  forward(x: tf.Tensor4D): tf.Tensor4D {
    return groupNorm(x, this.#weight, this.#bias, { groups: NORM_GROUPS, epsilon: NORM_EPSILON, activation: "silu" });
  }
}
