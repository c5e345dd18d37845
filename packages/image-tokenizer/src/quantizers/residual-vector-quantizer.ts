/**
 * Residual vector quantization (SoundStream, arXiv 2107.03312): each stage quantizes what the stages before left over, and
 * the codes of all stages add up.
 *
 * The gradient passes once, over the sum, as in EnCodec (arXiv 2210.13438). Adding up stages that each pass it on, as
 * vector-quantize-pytorch does, multiplies the encoder's gradient by the number of stages. Losses are summed over stages.
 */
// .. any axes, C channels, S stages
import { type Generator, Module, tf, withoutGradients } from "@interfuse/tensor";
import type { Assignments } from "./assignments.ts";
import { requireFinite, requireIndices, requireWidth } from "./checks.ts";
import { type QuantizerConfigInput, type ResidualVectorQuantizerConfig, resolveQuantizerConfig } from "./config.ts";
import { rotateTo, straightThrough } from "./estimators.ts";
import type { Quantization, Quantizer, TrainingQuantization, TrainingQuantizationOptions } from "./quantizer.ts";
import { VectorQuantizer } from "./vector-quantizer.ts";

/** The index of a stage that quantize-dropout left out; its code is 0. */
const NO_CODE = -1;

/** Vector quantizers in a row, `stages.0` to `stages.S-1` (only `stages.0` when they share a codebook). */
export class ResidualVectorQuantizer extends Module implements Quantizer {
  readonly config: ResidualVectorQuantizerConfig;
  readonly dim: number;
  readonly numCodes: number;
  readonly lossWeights: Readonly<Record<string, number>>;
  readonly #stages: readonly VectorQuantizer[];

  /** @throws as {@link resolveQuantizerConfig}. */
  constructor(input: QuantizerConfigInput<"residual">, generator: Generator) {
    super();
    this.config = resolveQuantizerConfig(input);
    const { stage, numStages, useSharedCodebook } = this.config;
    const newStage = (index: number) =>
      this.child(`stages.${index}`, new VectorQuantizer(stage, generator.fork(`stages.${index}`)));
    const first = newStage(0);
    this.#stages = [
      first,
      ...Array.from({ length: numStages - 1 }, (_, index) => (useSharedCodebook ? first : newStage(index + 1))),
    ];
    this.dim = first.dim;
    this.numCodes = first.numCodes;
    this.lossWeights = first.lossWeights;
  }

  quantize<T extends tf.Tensor>(latents: T): Quantization<T> {
    requireWidth("ResidualVectorQuantizer.quantize", latents, this.dim);
    requireFinite("ResidualVectorQuantizer.quantize", latents);
    return tf.tidy(() => {
      const indices: tf.Tensor[] = [];
      let codes: T | undefined;
      for (const stage of this.#stages) {
        const step = stage.quantize(codes === undefined ? latents : (latents.sub(codes) as T));
        codes = added(codes, step.codes);
        indices.push(step.indices);
      }
      return { codes: codes as T, indices: tf.stack(indices, -1) };
    });
  }

  indicesToCodes(indices: tf.Tensor): tf.Tensor {
    const operation = "ResidualVectorQuantizer.indicesToCodes";
    const numStages = indices.shape.at(-1) ?? 0;
    if (numStages < 1 || numStages > this.#stages.length) {
      throw new RangeError(
        `${operation}: indices (shape [${indices.shape}]) must end in 1 to numStages (=${this.#stages.length}) stages`,
      );
    }
    requireIndices(operation, indices, { numCodes: this.numCodes, lowest: NO_CODE });
    return tf.tidy(() =>
      tf
        .unstack(indices, -1)
        .map((index, stage) => {
          const codes = this.#stages[stage]!.indicesToCodes(index.maximum(0).toInt());
          return codes.mul(index.notEqual(NO_CODE).toFloat().expandDims(-1));
        })
        .reduce((sum, codes) => sum.add(codes)),
    );
  }

  quantizeForTraining<T extends tf.Tensor>(latents: T, options: TrainingQuantizationOptions): TrainingQuantization<T> {
    requireWidth("ResidualVectorQuantizer.quantizeForTraining", latents, this.dim);
    const { numStages, minStages, stage } = this.config;
    const numKept = minStages + options.generator.integer(numStages - minStages + 1);
    const quantization = tf.tidy(() => {
      const indices: tf.Tensor[] = [];
      const losses: Record<string, tf.Scalar>[] = [];
      let codes: T | undefined;
      for (const stage of this.#stages.slice(0, numKept)) {
        const remainder = codes === undefined ? latents : (latents.sub(codes) as T);
        const step = stage.quantizeForTraining(remainder, options);
        codes = withoutGradients(() => added(codes, step.codes));
        indices.push(step.indices);
        losses.push(step.lossSums);
      }
      const none = withoutGradients(() => tf.fill(latents.shape.slice(0, -1), NO_CODE, "int32"));
      while (indices.length < numStages) indices.push(none);
      const estimate = stage.estimator === "rotation" ? rotateTo : straightThrough;
      return {
        codes: estimate(latents, codes as T),
        indices: withoutGradients(() => tf.stack(indices, -1)),
        lossSums: Object.fromEntries(
          Object.keys(this.lossWeights).map((name) => [
            name,
            losses.map((sums) => sums[name] as tf.Scalar).reduce((sum, loss) => sum.add(loss)),
          ]),
        ),
      };
    });
    return { ...quantization, numVectors: latents.size / this.dim };
  }

  /** Fits stage by stage, each to the remainders of those before; a shared codebook to the latents only. */
  startFrom(latents: tf.Tensor, generator: Generator): void {
    requireWidth("ResidualVectorQuantizer.startFrom", latents, this.dim);
    requireFinite("ResidualVectorQuantizer.startFrom", latents);
    tf.tidy(() => {
      let remainder = latents;
      for (const [index, stage] of this.#distinctStages().entries()) {
        stage.startFrom(remainder, generator.fork(index));
        remainder = remainder.sub(stage.quantize(remainder).codes);
      }
    });
  }

  update(assignments: Assignments, generator: Generator): void {
    for (const [index, stage] of this.#distinctStages().entries()) stage.update(assignments, generator.fork(index));
  }

  #distinctStages(): VectorQuantizer[] {
    return [...new Set(this.#stages)];
  }
}

function added<T extends tf.Tensor>(sum: T | undefined, codes: T): T {
  return (sum === undefined ? codes.clone() : sum.add(codes)) as T;
}
