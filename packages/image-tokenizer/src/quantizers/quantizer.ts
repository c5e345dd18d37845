/**
 * What every quantizer is: latents to codes and indices, and indices back to codes. Beside that, what training needs.
 *
 * One optimizer step, over one or more micro-batches:
 *
 *     const assignments = new Assignments();                     // once, kept by the training task
 *     ... quantizeForTraining(latents, { generator, assignments })   // inside valueAndGrads, each micro-batch
 *     ... the optimizer's update ...
 *     quantizer.update(assignments, generator);                  // outside any gradient: averages, revival
 *
 * and once before the first step of a new run (not of a resumed one): `quantizer.startFrom(latents, generator)`.
 */
// B batch, H height, W width, C channels (dim); .. any leading axes; N vectors (the product of the leading axes)
import type { Generator, Module, tf } from "@interfuse/tensor";
import type { Assignments } from "./assignments.ts";
import type { QuantizerConfig } from "./config.ts";

/** Latents of the form that a decoder reads, with the indices that name them. */
export type Quantization<T extends tf.Tensor = tf.Tensor> = {
  /** Shape of the latents. */
  readonly codes: T;
  /** int32; the shape is the quantizer's, see {@link Quantizer.quantize}. */
  readonly indices: tf.Tensor;
};

/** A quantization with what a training loss needs. */
export type TrainingQuantization<T extends tf.Tensor = tf.Tensor> = Quantization<T> & {
  /**
   * Auxiliary losses, not weighted, each a sum over latent vectors (of the mean over channels where it is a distance);
   * differentiable in the latents and in the quantizer's parameters. The keys are those of {@link Quantizer.lossWeights}.
   */
  readonly lossSums: Readonly<Record<string, tf.Scalar>>;
  /** The count that belongs to every sum: N, so `B * H * W`. */
  readonly numVectors: number;
};

/** Options of {@link Quantizer.quantizeForTraining}. */
export type TrainingQuantizationOptions = {
  /** Randomness of this micro-batch (quantize-dropout). */
  readonly generator: Generator;
  /** Collects what {@link Quantizer.update} needs; left out, an update has nothing to work on. */
  readonly assignments?: Assignments;
};

/** Latents to codes and back; a `Module` with its codebook among `parameters()` or `buffers()`. */
export interface Quantizer extends Module {
  readonly config: QuantizerConfig;
  /** Channels C of the latents. */
  readonly dim: number;
  /** How many values one index can have: 0 to `numCodes - 1`. */
  readonly numCodes: number;
  /** Published weights of the auxiliary losses, by the names of `lossSums`; empty where there are none (FSQ). */
  readonly lossWeights: Readonly<Record<string, number>>;

  /**
   * Codes and indices of latents `[.., C]`.
   *
   * | quantizer | latents | indices |
   * |---|---|---|
   * | vector, finite-scalar, lookup-free | `[.., C]` | `[..]` |
   * | residual | `[.., C]` | `[.., numStages]`, coarse to fine |
   * | multi-scale | `[B, H, W, C]` | `[B, L]`: the maps of all scales, first scale first, each row by row |
   *
   * @throws RangeError when the width is not C, or a latent is not finite. (WebGPU cannot be read at once: not checked there.)
   */
  quantize<T extends tf.Tensor>(latents: T): Quantization<T>;

  /**
   * Codes `[.., C]` (multi-scale: `[B, H, W, C]`) of indices as `quantize` gives them, and exactly its codes. Indices of
   * only the first stages or scales give the coarser codes of those.
   *
   * @throws RangeError when an index is not below `numCodes` (not checked on WebGPU); TypeError unless int32.
   */
  indicesToCodes(indices: tf.Tensor): tf.Tensor;

  /**
   * As `quantize`, with codes whose gradient reaches the latents (straight-through, rotation), and losses. Values are not
   * checked: a NaN comes out in the losses.
   */
  quantizeForTraining<T extends tf.Tensor>(latents: T, options: TrainingQuantizationOptions): TrainingQuantization<T>;

  /**
   * Fits codebooks to first latents by k-means. Does nothing where there is no codebook to fit.
   *
   * @throws RangeError when the width is not C, or a latent is not finite.
   */
  startFrom(latents: tf.Tensor, generator: Generator): void;

  /**
   * After the optimizer's step: moving averages and the revival of dead codes, from what this step's forwards collected,
   * which is then freed. Changes parameters and buffers in place; deterministic in state, assignments and generator.
   */
  update(assignments: Assignments, generator: Generator): void;
}
