/** What a run of `train model` is made of: plain JSON, every leaf open to `--set`. */
import type { SolverName } from "@interfuse/diffusion";
import type { JsonObject, ScheduleConfig } from "@interfuse/training";
import type { OptimizerConfig } from "../run/make-optimizer.ts";

/** A complete config of `train model`. Sizes that are null are derived from the others. */
export type ModelRecipe = {
  readonly recipe: string;
  readonly seed: number;
  /** Optimizer updates in all. */
  readonly steps: number;
  readonly model: ModelSettings;
  /** The text tokenizer that is trained when none is given. */
  readonly textTokenizer: { readonly vocabSize: number };
  readonly batch: BatchSettings;
  readonly lossWeights: { readonly text: number; readonly image: number };
  readonly learningRate: number;
  readonly schedule: ScheduleConfig;
  readonly optimizer: OptimizerConfig;
  /** Decay of the moving average of the weights that the saved model has; null for none. */
  readonly averageDecay: number | null;
  readonly report: ReportSettings;
};

/** The model's config, without what the tokenizers decide; fields of `ModelConfigInput`. */
export type ModelSettings = {
  readonly contextLength: number;
  readonly contextPolicy: "clean" | "noisy";
  readonly positionKind: "axial" | "raster";
  readonly noisedCopies: number;
  readonly tieEmbeddings: boolean;
  readonly backbone: {
    readonly modelDim: number;
    readonly numLayers: number;
    readonly numHeads: number;
    readonly numKvHeads: number | null;
    readonly headDim: number | null;
    readonly mlpDim: number | null;
    readonly ropeBase: number;
    readonly normEpsilon: number;
    readonly useQkNorm: boolean;
    readonly numExperts: number;
  };
  readonly objective: {
    readonly patchSize: number;
    readonly adapter: { readonly kind: "linear" } | { readonly kind: "unet"; readonly channels: readonly number[] };
    readonly path: "linear" | "cosine";
    readonly predictionType: "velocity" | "epsilon" | "sample";
    readonly lossSpace: "prediction" | "velocity";
    readonly timesteps: {
      readonly kind: "logit-normal" | "uniform";
      readonly mean: number;
      readonly std: number;
      readonly shift: number;
    };
    readonly useAdaptiveNorm: boolean;
  };
};

/** How examples become batches. */
export type BatchSettings = {
  /** Tokens of a packed row. */
  readonly tokens: number;
  /** Rows whose gradients make one update. */
  readonly gradientAccumulation: number;
  /** The share of examples whose user messages are emptied, so that guidance has an unconditional model to steer from. */
  readonly dropUserProbability: number;
  /** How often each task of the data set, or "task: kind", is trained on, relative to the others; null takes every example once an epoch. */
  readonly taskWeights: Readonly<Record<string, number>> | null;
  /** Pictures are fitted to this many pixels a side; null keeps their sizes. */
  readonly pictureSize: number | null;
};

/** What is saved and shown on the way. */
export type ReportSettings = {
  readonly checkpointEvery: number;
  readonly keepCheckpoints: number;
  /** A sample grid every so many steps; 0 for none. */
  readonly sampleEvery: number;
  readonly samplePrompts: readonly string[];
  /** Denoising steps, guidance scale and integration rule of the samples, and of the model unless told otherwise. */
  readonly sampleSteps: number;
  readonly sampleGuidance: number;
  readonly sampleSolver: SolverName;
};

/** A recipe as the trainer and `--set` take it. */
export function recipeAsJson<T>(recipe: T): T & JsonObject {
  return JSON.parse(JSON.stringify(recipe)) as T & JsonObject;
}
