/**
 * Multi-scale residual quantization (VAR, arXiv 2404.02905). Each scale shrinks what the coarser ones left over (area),
 * quantizes it with the one codebook, enlarges the codes to full size (bicubic, A = -0.75), smooths them (phi) and adds them.
 *
 * An index sequence is scale after scale, coarse to fine, each map row by row: the order in which a next-scale model
 * makes them, one block a scale ({@link MultiScaleVectorQuantizer.nextScaleInputs} is what it reads).
 */
// B batch, H height, W width, C channels, K codes, L indices of an image, P of one scale, N vectors (B * P)
import { embedding, type Generator, Module, tf, withoutGradients } from "@interfuse/tensor";
import { areaMap, bicubicMap, resample } from "../resampling.ts";
import type { Assignments } from "./assignments.ts";
import { requireFinite, requireIndices, requireWidth } from "./checks.ts";
import { LearntCodebook } from "./codebook.ts";
import { type MultiScaleVectorQuantizerConfig, type QuantizerConfigInput, resolveQuantizerConfig } from "./config.ts";
import { detach, straightThrough } from "./estimators.ts";
import { nearestCodes } from "./nearest.ts";
import type { Quantization, Quantizer, TrainingQuantization, TrainingQuantizationOptions } from "./quantizer.ts";
import { ScaleConvolutions } from "./scale-convolutions.ts";

/** One scale of a quantization: what was looked up, and the sum of all scales up to this. */
type ScaleStep = { readonly vectors_NC: tf.Tensor2D; readonly indices_N: tf.Tensor1D; readonly sum_BHWC: tf.Tensor4D };

/** A codebook (`codebook.codes`) shared by all scales, and phi (`convolutions.`). Both learn by gradient. */
export class MultiScaleVectorQuantizer extends Module implements Quantizer {
  readonly config: MultiScaleVectorQuantizerConfig;
  readonly dim: number;
  readonly numCodes: number;
  readonly lossWeights: Readonly<Record<string, number>>;
  readonly #codebook: LearntCodebook;
  readonly #convolutions: ScaleConvolutions;
  readonly #size: readonly [number, number];

  /** @throws as {@link resolveQuantizerConfig}. */
  constructor(input: QuantizerConfigInput<"multi-scale">, generator: Generator) {
    super();
    this.config = resolveQuantizerConfig(input);
    const { numCodes, dim, scales, numConvolutions, convolutionShare, commitmentWeight } = this.config;
    this.numCodes = numCodes;
    this.dim = dim;
    this.lossWeights = { codebook: 1, commitment: commitmentWeight };
    this.#size = scales.at(-1) as readonly [number, number];
    this.#codebook = this.child(
      "codebook",
      new LearntCodebook({ ...this.config, learning: "gradient", isSpherical: false }, generator.fork("codebook")),
    );
    this.#convolutions = this.child(
      "convolutions",
      new ScaleConvolutions(
        { numScales: scales.length, dim, numConvolutions, share: convolutionShare },
        generator.fork("convolutions"),
      ),
    );
  }

  quantize<T extends tf.Tensor>(latents: T): Quantization<T> {
    this.#requireSize("quantize", latents);
    requireFinite("MultiScaleVectorQuantizer.quantize", latents);
    return tf.tidy(() => {
      const steps = this.#steps(latents as tf.Tensor as tf.Tensor4D);
      return { codes: steps.at(-1)!.sum_BHWC as tf.Tensor as T, indices: joined(steps, latents.shape[0]!) };
    });
  }

  indicesToCodes(indices: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.#sums("indicesToCodes", indices).at(-1)!);
  }

  /**
   * What a next-scale model reads: before each scale but the first, the sum of the coarser ones shrunk to that scale's size.
   *
   * @param indices `[B, L]`, all scales (teacher forcing) or the first ones (sampling).
   * @returns `[B, P_2 + P_3 + ..., C]`, up to the scale after the last that is given.
   * @throws RangeError as {@link indicesToCodes}, and when there is only one scale.
   */
  nextScaleInputs(indices: tf.Tensor): tf.Tensor3D {
    const { scales } = this.config;
    if (scales.length === 1) throw new RangeError("nextScaleInputs: scales has 1 scale; there is none after the first");
    return tf.tidy(() => {
      const sums = this.#sums("nextScaleInputs", indices).slice(0, scales.length - 1);
      const inputs = sums.map((sum, scale) => this.#shrunk(sum, scale + 1).reshape([sum.shape[0], -1, this.dim]));
      return tf.concat(inputs, 1) as tf.Tensor3D;
    });
  }

  quantizeForTraining<T extends tf.Tensor>(
    latents: T,
    { assignments }: TrainingQuantizationOptions,
  ): TrainingQuantization<T> {
    this.#requireSize("quantizeForTraining", latents);
    const numScales = this.config.scales.length;
    const quantization = tf.tidy(() => {
      const fixed = detach(latents);
      const steps = this.#steps(fixed as tf.Tensor as tf.Tensor4D);
      for (const step of steps) this.#codebook.collect(step, assignments);
      // Sums over vectors of the mean over channels, as everywhere; over scales the mean, as in VAR.
      const loss = (distances: tf.Tensor[]): tf.Scalar =>
        distances.reduce((sum, distance) => sum.add(distance)).div<tf.Scalar>(this.dim * numScales);
      const sums = steps.map((step) => step.sum_BHWC);
      const codes = sums.at(-1) as tf.Tensor as T;
      return {
        codes: straightThrough(latents, codes),
        indices: withoutGradients(() => joined(steps, latents.shape[0]!)),
        lossSums: {
          codebook: loss(sums.map((sum) => tf.squaredDifference(sum, fixed).sum())),
          commitment: loss(sums.map((sum) => tf.squaredDifference(detach(sum), latents).sum())),
        },
      };
    });
    return { ...quantization, numVectors: latents.size / this.dim };
  }

  /** Fits the codebook to the latents shrunk to every scale. */
  startFrom(latents: tf.Tensor, generator: Generator): void {
    this.#requireSize("startFrom", latents);
    requireFinite("MultiScaleVectorQuantizer.startFrom", latents);
    tf.tidy(() => {
      const vectors = this.config.scales.map((_, scale) => this.#shrunk(latents as tf.Tensor4D, scale));
      this.#codebook.startFrom(tf.concat2d(vectors, 0), generator);
    });
  }

  update(assignments: Assignments, generator: Generator): void {
    this.#codebook.update(assignments, generator);
  }

  /** Every scale of latents that no gradient may reach; the sums are differentiable in the parameters. */
  #steps(latents_BHWC: tf.Tensor4D): ScaleStep[] {
    const codes_KC = this.#codebook.codes();
    const by = this.config.useL2Norm ? "cosine" : "distance";
    const steps: ScaleStep[] = [];
    let rest = latents_BHWC;
    for (const scale of this.config.scales.keys()) {
      const vectors_NC = withoutGradients(() => this.#shrunk(rest, scale));
      const indices_N = nearestCodes(vectors_NC, codes_KC, { by });
      const enlarged = this.#enlarged(embedding(codes_KC, indices_N), scale);
      const previous = steps.at(-1)?.sum_BHWC;
      steps.push({ vectors_NC, indices_N, sum_BHWC: previous === undefined ? enlarged : previous.add(enlarged) });
      rest = withoutGradients(() => rest.sub(enlarged));
    }
    return steps;
  }

  /** The sums up to each of the scales that `indices [B, L]` hold. */
  #sums(name: string, indices: tf.Tensor): tf.Tensor4D[] {
    const operation = `MultiScaleVectorQuantizer.${name}`;
    const areas = this.config.scales.map(([rows, columns]) => rows * columns);
    const ends = areas.map((_, scale) => areas.slice(0, scale + 1).reduce((sum, area) => sum + area));
    const numScales = ends.indexOf(indices.shape[1] ?? 0) + 1;
    if (indices.rank !== 2 || numScales === 0) {
      throw new RangeError(
        `${operation}: indices (shape [${indices.shape}]) must be [B, L] with L one of ${ends.join(", ")}: whole scales`,
      );
    }
    requireIndices(operation, indices, { numCodes: this.numCodes });
    const codes_KC = this.#codebook.codes();
    const maps = tf.split(indices, areas.slice(0, numScales), 1);
    const sums: tf.Tensor4D[] = [];
    for (const [scale, map] of maps.entries()) {
      const enlarged = this.#enlarged(embedding(codes_KC, map.flatten() as tf.Tensor1D), scale);
      sums.push(sums.length === 0 ? enlarged : sums.at(-1)!.add(enlarged));
    }
    return sums;
  }

  /** `[B * P, C]`: latents of full size averaged down to a scale. */
  #shrunk(latents_BHWC: tf.Tensor4D, scale: number): tf.Tensor2D {
    const [height, width] = this.#size;
    const [rows, columns] = this.config.scales[scale]!;
    const isFullSize = rows === height && columns === width;
    const shrunk = isFullSize ? latents_BHWC : resample(latents_BHWC, areaMap(height, rows), areaMap(width, columns));
    return shrunk.reshape([-1, this.dim]);
  }

  /** phi of a scale's codes `[B * P, C]` brought to full size. */
  #enlarged(codes_NC: tf.Tensor2D, scale: number): tf.Tensor4D {
    const [height, width] = this.#size;
    const [rows, columns] = this.config.scales[scale]!;
    const map = codes_NC.reshape<tf.Tensor4D>([-1, rows, columns, this.dim]);
    const isFullSize = rows === height && columns === width;
    const enlarged = isFullSize ? map : resample(map, bicubicMap(rows, height), bicubicMap(columns, width));
    return this.#convolutions.forward(enlarged, scale);
  }

  #requireSize(name: string, latents: tf.Tensor): void {
    const [height, width] = this.#size;
    requireWidth(`MultiScaleVectorQuantizer.${name}`, latents, this.dim);
    if (latents.rank === 4 && latents.shape[1] === height && latents.shape[2] === width) return;
    throw new RangeError(
      `MultiScaleVectorQuantizer.${name}: latents (shape [${latents.shape}]) must be [B, ${height}, ${width}, ${this.dim}], the size of the last scale`,
    );
  }
}

/** The index sequences `[B, L]` of all scales. */
function joined(steps: readonly ScaleStep[], batch: number): tf.Tensor2D {
  return tf.concat2d(
    steps.map(({ indices_N }) => indices_N.reshape<tf.Tensor2D>([batch, -1])),
    1,
  );
}
