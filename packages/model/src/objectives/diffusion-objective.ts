/**
 * Diffusion on image patches (Transfusion, arXiv 2408.11039): patches of noisy latents enter through an adapter, which
 * knows their timestep, and leave through it as a prediction. Each patch also gets an embedding of its place in the image.
 * Path, prediction type and timesteps are config: flow matching by default, the paper's DDPM as a variant.
 */
// P patches, Q places, F values of a patch, D model dim, I images
import {
  cosinePath,
  guide,
  linearPath,
  type NoisePath,
  type SolverRun,
  sampleTimesteps,
  solvers,
  timestepGrid,
} from "@interfuse/diffusion";
import { type Generator, initNormal, linear, Module, tf, withoutGradients } from "@interfuse/tensor";
import type { LayoutImage } from "../layout/layout.ts";
import { imageOfPatch, patchGrid } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import type { DiffusionConfig } from "./diffusion-config.ts";
import type {
  Drawing,
  DrawingOptions,
  DrawingQuery,
  EnteredImages,
  ImageObjective,
  PatchBatch,
  PreparedImages,
} from "./image-objective.ts";
import { LinearAdapter } from "./linear-adapter.ts";
import { noisePatches } from "./noised-patches.ts";
import type { AdapterCarry, PatchAdapter } from "./patch-adapter.ts";
import { type PatchExtents, patchify, unpatchify } from "./patchify.ts";
import { NUM_PLACE_FEATURES, places } from "./places.ts";
import { TimestepEmbedding } from "./timestep-embedding.ts";
import { UnetAdapter } from "./unet-adapter.ts";

/** On the linear path epsilon says nothing about the image at t = 1, so sampling starts a little below. */
const EPSILON_LINEAR_START = 0.98;
/** Below it, the weight 1 / t² of a clean-image prediction in velocity space grows no further. */
const LEAST_WEIGHTED_TIMESTEP = 0.1;
/** Near pure noise an epsilon prediction is divided by almost nothing; normalised latents lie well within this. */
const EPSILON_CLAMP = 5;

/** The `diffusion` image objective. Parameters: `adapter`, `place` and `timestep`. */
export class DiffusionObjective extends Module implements ImageObjective {
  readonly config: DiffusionConfig;
  readonly #path: NoisePath;
  /** F. */
  readonly #numFeatures: number;
  readonly #adapter: PatchAdapter;
  readonly #placeWeight: tf.Variable;
  readonly #timestepEmbedding: TimestepEmbedding;

  constructor(config: DiffusionConfig, modelDim: number, generator: Generator) {
    super();
    this.config = config;
    this.#path = config.path === "linear" ? linearPath : cosinePath;
    this.#numFeatures = config.patchSize ** 2 * config.latentChannels;
    this.#adapter = this.child("adapter", makeAdapter(config, modelDim, generator.fork("adapter")));
    const place = initNormal(
      generator.fork("place"),
      [modelDim, NUM_PLACE_FEATURES],
      1 / Math.sqrt(NUM_PLACE_FEATURES),
    );
    this.#placeWeight = this.parameter("place.weight", place);
    this.#timestepEmbedding = this.child("timestep", new TimestepEmbedding(modelDim, generator.fork("timestep")));
  }

  get patchSize(): number {
    return this.config.patchSize;
  }

  get latentChannels(): number {
    return this.config.latentChannels;
  }

  prepare(images: readonly LayoutImage[], generator: Generator): PreparedImages {
    const { predictionType, timesteps: sampling } = this.config;
    const noised = [...images.keys()].filter((index) => images[index]!.role === "noised");
    const timesteps = new Float32Array(images.length);
    const draws = noised.map((index) => {
      const { documentId, partIndex, copyIndex, timestepCap, latents } = images[index]!;
      const stream = generator.fork(documentId).fork(partIndex).fork(copyIndex);
      timesteps[index] = sampleTimesteps(stream.fork("timestep"), 1, { ...sampling, cap: timestepCap })[0]!;
      return { generator: stream.fork("noise"), count: latents.length };
    });
    const noising = { grids: images, noised, draws, timesteps, path: this.#path, predictionType };
    const { patches_PF, targets_NF } = withoutGradients(() => noisePatches(this.#cleanPatches(images), noising));
    return { batch: { patches_PF, timesteps, grids: images }, targets_NF, noised };
  }

  cleanPatches(image: Pick<LayoutImage, "latents" | "height" | "width">): Float32Array {
    const patches_PF = new Float32Array(image.latents.length);
    patchify(image.latents, this.#extents(image), patches_PF);
    return patches_PF;
  }

  enter({ patches_PF, timesteps, grids }: PatchBatch): EnteredImages {
    const time_ID = this.#timestepEmbedding.forward(timesteps);
    const { tokens_PD, carry } = this.#adapter.enter({ patches_PF, grids, time_ID });
    const { features, placeOfPatch } = places(grids);
    const place_QD = linear(features, this.#placeWeight, { float32Output: true }) as tf.Tensor2D;
    const entered = { tokens_PD: tokens_PD.add<tf.Tensor2D>(gatherRows(place_QD, placeOfPatch)), carry };
    return this.config.useAdaptiveNorm
      ? { ...entered, conditioning_PD: gatherRows(time_ID, imageOfPatch(grids)) }
      : entered;
  }

  read(hidden_PD: tf.Tensor2D, carry: AdapterCarry, images: readonly number[]): tf.Tensor2D {
    return tf.tidy(() => this.#adapter.leave(hidden_PD, carry, images));
  }

  score(hidden_PD: tf.Tensor2D, carry: AdapterCarry, { targets_NF, noised, batch }: PreparedImages): tf.Scalar {
    const weights = new Float32Array(targets_NF.shape[0]);
    let patch = 0;
    for (const image of noised) {
      const { numTokens } = batch.grids[image]!;
      const weight = this.#weight(batch.timesteps[image]!) / (numTokens * this.#numFeatures);
      weights.fill(weight, patch, patch + numTokens);
      patch += numTokens;
    }
    return tf.tidy(() => {
      const squares_NF = this.read(hidden_PD, carry, noised).sub(targets_NF).square();
      return squares_NF.mul(tf.tensor2d(weights, [weights.length, 1])).sum<tf.Scalar>();
    });
  }

  /** @throws RangeError for a size that patches do not divide, a number of steps below 1, or a negative guidance scale. */
  begin(options: DrawingOptions, generator: Generator): Drawing {
    const { height, width, numSteps, guidanceScale } = options;
    const { predictionType, path, timesteps } = this.config;
    patchGrid(height, width, this.patchSize);
    if (!(guidanceScale >= 0 && Number.isFinite(guidanceScale))) {
      throw new RangeError(`generate: guidance scale (=${guidanceScale}) must be a number of at least 0; 1 is off`);
    }
    const extents = this.#extents(options);
    const noise = new Float32Array(height * width * this.latentChannels);
    patchify(generator.fork("noise").normalArray(noise.length), extents, noise);
    const isEpsilon = predictionType === "epsilon";
    const start = isEpsilon && path === "linear" ? EPSILON_LINEAR_START : 1;
    const run = solvers[options.solver].begin({
      noise,
      timesteps: timestepGrid({ numSteps, start, shift: timesteps.shift }),
      path: this.#path,
      predictionType,
      generator: generator.fork("solver"),
      ...(isEpsilon ? { clamp: EPSILON_CLAMP } : {}),
    });
    return new DiffusionDrawing(run, extents, guidanceScale);
  }

  #weight(timestep: number): number {
    const { predictionType, lossSpace } = this.config;
    const isWeighted = lossSpace === "velocity" && predictionType === "sample";
    return isWeighted ? 1 / Math.max(timestep, LEAST_WEIGHTED_TIMESTEP) ** 2 : 1;
  }

  #cleanPatches(images: readonly LayoutImage[]): tf.Tensor2D {
    const numPatches = images.reduce((sum, { numTokens }) => sum + numTokens, 0);
    const patches_PF = new Float32Array(numPatches * this.#numFeatures);
    let offset = 0;
    for (const image of images) {
      patchify(image.latents, this.#extents(image), patches_PF, offset);
      offset += image.latents.length;
    }
    return tf.tensor2d(patches_PF, [numPatches, this.#numFeatures]);
  }

  #extents({ height, width }: { height: number; width: number }): PatchExtents {
    return { height, width, channels: this.latentChannels, patchSize: this.patchSize };
  }
}

/** A solver run over patches, with guidance. */
class DiffusionDrawing implements Drawing {
  readonly #run: SolverRun;
  readonly #extents: PatchExtents;
  readonly #guidanceScale: number;

  constructor(run: SolverRun, extents: PatchExtents, guidanceScale: number) {
    this.#run = run;
    this.#extents = extents;
    this.#guidanceScale = guidanceScale;
  }

  get numSteps(): number {
    return this.#run.numSteps;
  }

  get stepsDone(): number {
    return this.#run.stepsDone;
  }

  next(): DrawingQuery | undefined {
    const query = this.#run.next();
    return query === undefined ? undefined : { patches_PF: query.noisyLatents, timestep: query.t };
  }

  take(conditional_PF: Float32Array, unconditional_PF: Float32Array | undefined): void {
    this.#run.take(
      unconditional_PF === undefined ? conditional_PF : guide(conditional_PF, unconditional_PF, this.#guidanceScale),
    );
  }

  latents(): Float32Array {
    return unpatchify(this.cleanPatches(), this.#extents);
  }

  cleanPatches(): Float32Array {
    return this.next() === undefined ? this.#run.latents : (this.#run.preview ?? this.#run.latents);
  }
}

function makeAdapter(config: DiffusionConfig, modelDim: number, generator: Generator): PatchAdapter {
  const { adapter, patchSize, latentChannels } = config;
  return adapter.kind === "linear"
    ? new LinearAdapter(patchSize ** 2 * latentChannels, modelDim, generator)
    : new UnetAdapter({ ...adapter, patchSize, latentChannels, modelDim }, generator);
}
