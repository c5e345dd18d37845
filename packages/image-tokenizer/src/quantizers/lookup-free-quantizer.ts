/**
 * Lookup-free quantization (LFQ, MAGVIT-v2, arXiv 2310.05737): the sign of each channel is a bit, the first channel's the
 * highest. With `useL2Norm` it is binary spherical quantization (BSQ, arXiv 2406.07548).
 *
 * The entropy loss `H(p|z) - gamma H(mean p)` is over a softmax of `2 z.c / temperature` over all 2^C codes c. That softmax
 * is a product over channels of `sigmoid(4 s z_d / temperature)`, with codes +-s. So H(p|z) is a sum over channels, and
 * the mean over vectors of all 2^C probabilities is one product of two factors `[2^(C/2), N]` and `[N, 2^(C/2)]`: both exact.
 */
// .. any axes, N vectors, C channels (bits), H = 2^(half of them)
import { Module, tf, withoutGradients } from "@interfuse/tensor";
import { requireFinite, requireIndices, requireWidth } from "./checks.ts";
import { type LookupFreeQuantizerConfig, type QuantizerConfigInput, resolveQuantizerConfig } from "./config.ts";
import { straightThrough } from "./estimators.ts";
import { type Digit, digitsToIndices, indicesToDigits } from "./mixed-radix.ts";
import { normalizeLastAxis } from "./normalize.ts";
import type { Quantization, Quantizer, TrainingQuantization } from "./quantizer.ts";

/** A probability below this counts as this inside the logarithm. */
const SMALLEST_PROBABILITY = 1e-20;

/** One bit a channel. No parameters. */
export class LookupFreeQuantizer extends Module implements Quantizer {
  readonly config: LookupFreeQuantizerConfig;
  readonly dim: number;
  readonly numCodes: number;
  readonly lossWeights: Readonly<Record<string, number>>;
  readonly #scale: number;
  readonly #digits: readonly Digit[];

  /** @throws as {@link resolveQuantizerConfig}. */
  constructor(input: QuantizerConfigInput<"lookup-free">) {
    super();
    this.config = resolveQuantizerConfig(input);
    const { dim, useL2Norm, entropyWeight, commitmentWeight } = this.config;
    this.dim = dim;
    this.numCodes = 2 ** dim;
    this.lossWeights = { entropy: entropyWeight, commitment: commitmentWeight };
    this.#scale = useL2Norm ? dim ** -0.5 : 1;
    this.#digits = Array.from({ length: dim }, (_, channel) => ({ radix: 2, place: 2 ** (dim - 1 - channel) }));
  }

  quantize<T extends tf.Tensor>(latents: T): Quantization<T> {
    requireWidth("LookupFreeQuantizer.quantize", latents, this.dim);
    requireFinite("LookupFreeQuantizer.quantize", latents);
    return tf.tidy(() => this.#round(latents));
  }

  indicesToCodes(indices: tf.Tensor): tf.Tensor {
    requireIndices("LookupFreeQuantizer.indicesToCodes", indices, { numCodes: this.numCodes });
    return tf.tidy(() => this.#bitsToCodes(indicesToDigits(indices, this.#digits)));
  }

  quantizeForTraining<T extends tf.Tensor>(latents: T): TrainingQuantization<T> {
    requireWidth("LookupFreeQuantizer.quantizeForTraining", latents, this.dim);
    const numVectors = latents.size / this.dim;
    const quantization = tf.tidy(() => {
      const vectors = this.config.useL2Norm ? normalizeLastAxis(latents) : latents;
      const { codes, indices } = withoutGradients(() => this.#round(vectors));
      return {
        codes: straightThrough(vectors, codes),
        indices,
        lossSums: {
          entropy: this.#entropySum(vectors.reshape([numVectors, this.dim])),
          commitment: tf.squaredDifference(vectors, codes).sum().div<tf.Scalar>(this.dim),
        },
      };
    });
    return { ...quantization, numVectors };
  }

  startFrom(): void {}

  update(): void {}

  #round<T extends tf.Tensor>(latents: T): Quantization<T> {
    const bits = latents.greater(0).toFloat() as T;
    return { codes: this.#bitsToCodes(bits), indices: digitsToIndices(bits, this.#digits) };
  }

  #bitsToCodes<T extends tf.Tensor>(bits: T): T {
    return bits.mul(2).sub(1).mul(this.#scale) as T;
  }

  /** `sum over vectors of H(p|z) - gamma * N * H(mean p)`, in nats. */
  #entropySum(vectors_NC: tf.Tensor2D): tf.Scalar {
    const { temperature, diversityWeight } = this.config;
    const [numVectors, dim] = vectors_NC.shape;
    const logits_NC = vectors_NC.mul<tf.Tensor2D>((4 * this.#scale) / temperature);
    // H of a bit of probability sigmoid(a): softplus(-|a|) + |a| sigmoid(-|a|), which cancels nowhere.
    const size = logits_NC.abs();
    const ofEach = size.neg().softplus().add(size.mul(size.neg().sigmoid())).sum();
    const middle = Math.ceil(dim / 2);
    const high_NH = probabilities(logits_NC.slice([0, 0], [-1, middle]));
    const low_NH = probabilities(logits_NC.slice([0, middle], [-1, dim - middle]));
    const mean = tf.matMul(high_NH, low_NH, true).div(numVectors);
    const ofMean = mean.mul(mean.maximum(SMALLEST_PROBABILITY).log()).sum().neg();
    return ofEach.sub(ofMean.mul(diversityWeight * numVectors)) as tf.Scalar;
  }
}

/** Probabilities `[N, 2^C]` of all combinations of C bits with these logits; `[N, 1]` ones for no bits. */
function probabilities(logits_NC: tf.Tensor2D): tf.Tensor2D {
  const [numVectors, dim] = logits_NC.shape;
  let joint = tf.ones([numVectors, 1]);
  for (let bit = 0; bit < dim; bit++) {
    const logit = logits_NC.slice([0, bit], [-1, 1]);
    const both = tf.concat([logit.neg().sigmoid(), logit.sigmoid()], 1);
    joint = joint.expandDims(2).mul(both.expandDims(1)).reshape([numVectors, -1]);
  }
  return joint as tf.Tensor2D;
}
