/** What a run of `train image-tokenizer` is made of: plain JSON, every leaf open to `--set`. */
import type { AdamWConfig, ScheduleConfig } from "@interfuse/training";
import type { ReportSettings } from "./model-recipe.ts";

/** A complete config of `train image-tokenizer`. */
export type ImageTokenizerRecipe = {
  readonly recipe: string;
  readonly seed: number;
  readonly steps: number;
  readonly autoencoder: {
    /** Pixels a latent cell stands for, a side. */
    readonly downsampling: number;
    readonly latentChannels: number;
    readonly baseChannels: number;
  };
  readonly batch: {
    readonly pictures: number;
    /** Pictures are cut to squares of this many pixels a side. */
    readonly pictureSize: number;
    readonly gradientAccumulation: number;
  };
  readonly lossWeights: { readonly reconstruction: number; readonly kl: number };
  readonly learningRate: number;
  readonly schedule: ScheduleConfig;
  readonly optimizer: AdamWConfig;
  readonly averageDecay: number | null;
  readonly report: Pick<ReportSettings, "checkpointEvery" | "keepCheckpoints" | "sampleEvery">;
};

/** Keys a resumed run may change: they do not touch the weights. */
export const IMAGE_TOKENIZER_RECIPE_MAY_CHANGE: readonly string[] = ["report"];
