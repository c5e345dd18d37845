/**
 * Finite scalar quantization (FSQ, arXiv 2309.15505): each channel is bounded and rounded to one of its levels. The codebook
 * is the grid of all combinations; nothing is learnt and there is no auxiliary loss.
 *
 *     half = (L - 1)(1 -+ eps) / 2,  offset = 1/2 for even L,  b = half * tanh(z + shift) - offset
 *     code = round(b) / floor(L / 2)   in [-1, 1), or [-1, 1] for odd L
 *     index = sum over channels of (round(b) + floor(L / 2)) * (product of the levels before)
 *
 * Rounding is half to even on every backend.
 */
// .. any axes, C channels
import { Module, tf, withoutGradients } from "@interfuse/tensor";
import { requireFinite, requireIndices, requireWidth } from "./checks.ts";
import { type FiniteScalarQuantizerConfig, type QuantizerConfigInput, resolveQuantizerConfig } from "./config.ts";
import { straightThrough } from "./estimators.ts";
import { type Digit, digitsToIndices, indicesToDigits } from "./mixed-radix.ts";
import type { Quantization, Quantizer, TrainingQuantization } from "./quantizer.ts";

const EPSILON = 1e-3;

/** Per channel, what the formulas above need. */
type Channels = {
  readonly half: number[];
  readonly offset: number[];
  readonly shift: number[];
  readonly steps: number[];
};

/** Rounds every channel. No parameters. */
export class FiniteScalarQuantizer extends Module implements Quantizer {
  readonly config: FiniteScalarQuantizerConfig;
  readonly dim: number;
  readonly numCodes: number;
  readonly lossWeights: Readonly<Record<string, number>> = {};
  readonly #channels: Channels;
  readonly #digits: readonly Digit[];

  /** @throws as {@link resolveQuantizerConfig}. */
  constructor(input: QuantizerConfigInput<"finite-scalar">) {
    super();
    this.config = resolveQuantizerConfig(input);
    const { levels, bound } = this.config;
    this.dim = levels.length;
    this.numCodes = levels.reduce((product, level) => product * level, 1);
    const margin = bound === "narrow" ? 1 - EPSILON : 1 + EPSILON;
    const half = levels.map((level) => ((level - 1) * margin) / 2);
    const offset = levels.map((level) => (level % 2 === 0 ? 0.5 : 0));
    const inverse = bound === "narrow" ? Math.tan : Math.atanh;
    this.#channels = {
      half,
      offset,
      shift: half.map((value, channel) => inverse((offset[channel] as number) / value)),
      steps: levels.map((level) => Math.floor(level / 2)),
    };
    let place = 1;
    this.#digits = levels.map((radix) => {
      const digit = { radix, place };
      place *= radix;
      return digit;
    });
  }

  quantize<T extends tf.Tensor>(latents: T): Quantization<T> {
    requireWidth("FiniteScalarQuantizer.quantize", latents, this.dim);
    requireFinite("FiniteScalarQuantizer.quantize", latents);
    return tf.tidy(() => {
      const digits = this.#bounded(latents).round().add(tf.tensor1d(this.#channels.steps)) as T;
      return { codes: this.#digitsToCodes(digits), indices: digitsToIndices(digits, this.#digits) };
    });
  }

  indicesToCodes(indices: tf.Tensor): tf.Tensor {
    requireIndices("FiniteScalarQuantizer.indicesToCodes", indices, { numCodes: this.numCodes });
    return tf.tidy(() => this.#digitsToCodes(indicesToDigits(indices, this.#digits)));
  }

  quantizeForTraining<T extends tf.Tensor>(latents: T): TrainingQuantization<T> {
    requireWidth("FiniteScalarQuantizer.quantizeForTraining", latents, this.dim);
    const quantization = tf.tidy(() => {
      const bounded = this.#bounded(latents);
      const { digits, indices } = withoutGradients(() => {
        const digits = bounded.round().add(tf.tensor1d(this.#channels.steps)) as T;
        return { digits, indices: digitsToIndices(digits, this.#digits) };
      });
      const digitsOfBounded = bounded.add(tf.tensor1d(this.#channels.steps)) as T;
      return { codes: this.#digitsToCodes(straightThrough(digitsOfBounded, digits)), indices };
    });
    return { ...quantization, lossSums: {}, numVectors: latents.size / this.dim };
  }

  startFrom(): void {}

  update(): void {}

  #bounded<T extends tf.Tensor>(latents: T): T {
    const { half, offset, shift } = this.#channels;
    return latents.add(tf.tensor1d(shift)).tanh().mul(tf.tensor1d(half)).sub(tf.tensor1d(offset)) as T;
  }

  #digitsToCodes<T extends tf.Tensor>(digits: T): T {
    const steps = tf.tensor1d(this.#channels.steps);
    return digits.sub(steps).div(steps) as T;
  }
}
