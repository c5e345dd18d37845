/** What a run of `train image-tokenizer` is made of: plain JSON, every leaf open to `--set`. */
import type {
  KlAutoencoderConfig,
  LatentStatistics,
  QuantizedAutoencoderConfig,
  StableDiffusionVaeConfig,
} from "@interfuse/image-tokenizer";
import type { ScheduleConfig } from "@interfuse/training";
import type { OptimizerConfig } from "../run/make-optimizer.ts";
import type { ImageTokenizerLoss } from "./image-tokenizer-loss.ts";
import type { ReportSettings } from "./model-recipe.ts";

/** A complete config of `train image-tokenizer`. */
export type ImageTokenizerRecipe = {
  readonly recipe: string;
  readonly seed: number;
  /** Optimizer updates in all. */
  readonly steps: number;
  /** The autoencoder's config; its latent statistics are measured at the end. */
  readonly autoencoder: AutoencoderSettings;
  readonly batch: {
    readonly pictures: number;
    /** Pictures are fitted to squares of this many pixels a side. */
    readonly pictureSize: number;
    readonly gradientAccumulation: number;
  };
  readonly loss: ImageTokenizerLoss;
  readonly learningRate: number;
  readonly schedule: ScheduleConfig;
  readonly optimizer: OptimizerConfig;
  /** Decay of the moving average of the weights that the saved tokenizer has; null for none. */
  readonly averageDecay: number | null;
  readonly report: Pick<ReportSettings, "checkpointEvery" | "keepCheckpoints" | "sampleEvery">;
};

/** The config of an autoencoder that recipes name, without what is measured. */
export type NamedAutoencoderSettings =
  | Omit<KlAutoencoderConfig, keyof LatentStatistics>
  | Omit<QuantizedAutoencoderConfig, keyof LatentStatistics>;

/** The config of any autoencoder that is trained, published ones to start from among them. */
export type AutoencoderSettings = NamedAutoencoderSettings | Omit<StableDiffusionVaeConfig, keyof LatentStatistics>;
