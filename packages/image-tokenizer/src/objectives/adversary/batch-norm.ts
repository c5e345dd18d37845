// B batch, H height, W width, C channels
import { type Generator, initNormal, initZeros, Module, tf } from "@interfuse/tensor";

const EPSILON = 1e-5;
const INITIAL_STD = 0.02;

/**
 * Batch normalisation by the batch at hand, always: a discriminator is never used outside training. From operations with
 * second derivatives. Parameters: `weight [C]` (normal around 1, as pix2pix starts it), `bias [C]`.
 */
export class BatchNorm extends Module {
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable;

  constructor(channels: number, generator: Generator) {
    super();
    const weight = tf.tidy(() => initNormal(generator, [channels], INITIAL_STD).add(1));
    this.#weight = this.parameter("weight", weight);
    this.#bias = this.parameter("bias", initZeros([channels]));
  }

  /** Normalises each channel of `[B, H, W, C]` over batch and places. */
  forward(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const centred = x_BHWC.sub(x_BHWC.mean([0, 1, 2], true));
      const inverseStd = centred.square().mean([0, 1, 2], true).add(EPSILON).rsqrt();
      return centred.mul(inverseStd).mul(this.#weight).add<tf.Tensor4D>(this.#bias);
    });
  }
}
