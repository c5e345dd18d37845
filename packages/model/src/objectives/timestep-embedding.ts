// I images, E sinusoid features, D model dim
import { type Generator, initNormal, initZeros, linear, Module, tf } from "@interfuse/tensor";

const NUM_FEATURES = 256;
const MAX_PERIOD = 10_000;
const FREQUENCIES = Array.from({ length: NUM_FEATURES / 2 }, (_, i) => MAX_PERIOD ** (-i / (NUM_FEATURES / 2)));
/** Timesteps in [0, 1] are stretched to the 1000 steps that the sinusoid's periods were chosen for. */
const TIMESTEP_SCALE = 1000;

/**
 * Timesteps -> vectors: a sinusoid (cosines, then sines, of 1000 t at periods up to 10,000), then linear, SiLU, linear,
 * as in DiT (arXiv 2212.09748).
 */
export class TimestepEmbedding extends Module {
  readonly #inputWeight: tf.Variable;
  readonly #inputBias: tf.Variable;
  readonly #outputWeight: tf.Variable;
  readonly #outputBias: tf.Variable;

  constructor(modelDim: number, generator: Generator) {
    super();
    this.#inputWeight = this.parameter(
      "input.weight",
      initNormal(generator.fork("input"), [modelDim, NUM_FEATURES], 0.02),
    );
    this.#inputBias = this.parameter("input.bias", initZeros([modelDim]));
    this.#outputWeight = this.parameter(
      "output.weight",
      initNormal(generator.fork("output"), [modelDim, modelDim], 0.02),
    );
    this.#outputBias = this.parameter("output.bias", initZeros([modelDim]));
  }

  /** Timesteps in [0, 1], one per image -> [I, D]. */
  forward(timesteps: Float32Array): tf.Tensor2D {
    return tf.tidy(() => {
      const features_IE = tf.tensor2d(sinusoid(timesteps), [timesteps.length, NUM_FEATURES]);
      const hidden_ID = linear(features_IE, this.#inputWeight, { bias: this.#inputBias });
      const activated_ID = hidden_ID.mul(hidden_ID.sigmoid());
      return linear(activated_ID, this.#outputWeight, { bias: this.#outputBias }) as tf.Tensor2D;
    });
  }
}

function sinusoid(timesteps: Float32Array): Float32Array {
  const half = FREQUENCIES.length;
  const features = new Float32Array(timesteps.length * NUM_FEATURES);
  timesteps.forEach((timestep, image) => {
    FREQUENCIES.forEach((frequency, i) => {
      const angle = timestep * TIMESTEP_SCALE * frequency;
      features[image * NUM_FEATURES + i] = Math.cos(angle);
      features[image * NUM_FEATURES + half + i] = Math.sin(angle);
    });
  });
  return features;
}
