/**
 * Vector quantization (VQ-VAE, arXiv 1711.00937): each latent becomes the nearest of K codes.
 *
 * Losses as in the paper, not with the weights exchanged as in taming-transformers' default: the codebook loss
 * `|sg(z) - e|^2` has weight 1, the commitment loss `|z - sg(e)|^2` beta. A codebook of averages has only the second.
 */
// .. any axes, N vectors (their product), K codes, C channels
import { embedding, type Generator, Module, tf } from "@interfuse/tensor";
import type { Assignments } from "./assignments.ts";
import { requireFinite, requireIndices, requireWidth } from "./checks.ts";
import { type Codebook, LearntCodebook } from "./codebook.ts";
import { type QuantizerConfigInput, resolveQuantizerConfig, type VectorQuantizerConfig } from "./config.ts";
import { detach, rotateTo, straightThrough } from "./estimators.ts";
import { LinearCodebook } from "./linear-codebook.ts";
import { nearestCodes } from "./nearest.ts";
import { normalizeLastAxis } from "./normalize.ts";
import type { Quantization, Quantizer, TrainingQuantization, TrainingQuantizationOptions } from "./quantizer.ts";

/** One code a latent. Its codebook lies under `codebook.`: see {@link LearntCodebook} and {@link LinearCodebook}. */
export class VectorQuantizer extends Module implements Quantizer {
  readonly config: VectorQuantizerConfig;
  readonly dim: number;
  readonly numCodes: number;
  readonly lossWeights: Readonly<Record<string, number>>;
  readonly #codebook: Codebook;

  /** @throws as {@link resolveQuantizerConfig}. */
  constructor(input: QuantizerConfigInput<"vector">, generator: Generator) {
    super();
    this.config = resolveQuantizerConfig(input);
    const { learning, useL2Norm: isSpherical, commitmentWeight, numCodes, dim } = this.config;
    this.numCodes = numCodes;
    this.dim = dim;
    this.lossWeights =
      learning === "ema" ? { commitment: commitmentWeight } : { codebook: 1, commitment: commitmentWeight };
    this.#codebook = this.child(
      "codebook",
      learning === "linear"
        ? new LinearCodebook({ numCodes, dim, isSpherical }, generator)
        : new LearntCodebook({ ...this.config, learning, isSpherical }, generator),
    );
  }

  quantize<T extends tf.Tensor>(latents: T): Quantization<T> {
    requireWidth("VectorQuantizer.quantize", latents, this.dim);
    requireFinite("VectorQuantizer.quantize", latents);
    return tf.tidy(() => {
      const { rows, indices_N } = this.#nearest(this.#vectors(latents));
      return { codes: rows.reshape(latents.shape) as T, indices: indices_N.reshape(latents.shape.slice(0, -1)) };
    });
  }

  indicesToCodes(indices: tf.Tensor): tf.Tensor {
    requireIndices("VectorQuantizer.indicesToCodes", indices, { numCodes: this.numCodes });
    return tf.tidy(() =>
      embedding(this.#codebook.codes(), indices.flatten() as tf.Tensor1D).reshape([...indices.shape, this.dim]),
    );
  }

  quantizeForTraining<T extends tf.Tensor>(
    latents: T,
    { assignments }: TrainingQuantizationOptions,
  ): TrainingQuantization<T> {
    requireWidth("VectorQuantizer.quantizeForTraining", latents, this.dim);
    const quantization = tf.tidy(() => {
      const vectors_NC = this.#vectors(latents);
      const { rows, indices_N } = this.#nearest(vectors_NC);
      this.#codebook.collect({ vectors_NC, indices_N }, assignments);
      const estimate = this.config.estimator === "rotation" ? rotateTo : straightThrough;
      return {
        codes: estimate(vectors_NC, rows).reshape(latents.shape) as T,
        indices: indices_N.reshape(latents.shape.slice(0, -1)),
        lossSums: vectorLossSums(vectors_NC, rows, this.lossWeights),
      };
    });
    return { ...quantization, numVectors: latents.size / this.dim };
  }

  startFrom(latents: tf.Tensor, generator: Generator): void {
    requireWidth("VectorQuantizer.startFrom", latents, this.dim);
    requireFinite("VectorQuantizer.startFrom", latents);
    tf.tidy(() => this.#codebook.startFrom(this.#vectors(latents), generator));
  }

  update(assignments: Assignments, generator: Generator): void {
    this.#codebook.update(assignments, generator);
  }

  /** Latents as `[N, C]`, normalised where the config says so. */
  #vectors(latents: tf.Tensor): tf.Tensor2D {
    const vectors = latents.reshape<tf.Tensor2D>([-1, this.dim]);
    return this.config.useL2Norm ? normalizeLastAxis(vectors) : vectors;
  }

  #nearest(vectors_NC: tf.Tensor2D): { rows: tf.Tensor2D; indices_N: tf.Tensor1D } {
    const codes_KC = this.#codebook.codes();
    const indices_N = nearestCodes(vectors_NC, codes_KC, { by: this.config.useL2Norm ? "cosine" : "distance" });
    return { rows: embedding(codes_KC, indices_N), indices_N };
  }
}

/**
 * The losses that `names` asks for: `codebook`, the sum over vectors of the mean over channels of `(sg(z) - e)^2`, and
 * `commitment`, the same of `(z - sg(e))^2`.
 */
function vectorLossSums(
  vectors_NC: tf.Tensor2D,
  rows_NC: tf.Tensor2D,
  names: Readonly<Record<string, unknown>>,
): Record<string, tf.Scalar> {
  const dim = vectors_NC.shape[1];
  const sums = {
    codebook: () => tf.squaredDifference(detach(vectors_NC), rows_NC),
    commitment: () => tf.squaredDifference(vectors_NC, detach(rows_NC)),
  };
  return Object.fromEntries(
    Object.entries(sums)
      .filter(([name]) => name in names)
      .map(([name, squares]) => [name, tf.tidy(() => squares().sum().div<tf.Scalar>(dim))]),
  );
}
