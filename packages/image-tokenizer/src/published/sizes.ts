/** Sizes of latent diffusion's autoencoder network (arXiv 2112.10752), which most published tokenizers share. */
import { z } from "zod";

const count = z.int().positive();

/** Where self-attention stands, beside every residual block or not at all; see {@link LatentDiffusionSizes}. */
const attentions = ["none", "middle", "lowest-level"] as const;

/** Fields of {@link LatentDiffusionSizes} for a config's schema; check it with {@link checkLatentDiffusionSizes} as well. */
export const latentDiffusionFields = {
  levelChannels: z.array(count).min(1),
  blocksPerLevel: count,
  normGroups: count,
  attention: z.enum(attentions),
};

/** Sizes of an encoder and its decoder. */
export type LatentDiffusionSizes = {
  /** Channels of each level, full resolution first. n levels downsample by 2^(n-1). */
  readonly levelChannels: readonly number[];
  /** Residual blocks a level of the encoder; the decoder has one more. */
  readonly blocksPerLevel: number;
  /** Groups of every GroupNorm. */
  readonly normGroups: number;
  /** `middle`: between the two blocks of the middle (diffusers). `lowest-level`: after every block of the last level as well (LlamaGen). */
  readonly attention: (typeof attentions)[number];
};

/** Adds an issue for each level whose channels the groups do not divide. */
export function checkLatentDiffusionSizes(sizes: LatentDiffusionSizes, addIssue: (message: string) => void): void {
  sizes.levelChannels.forEach((channels, level) => {
    if (channels % sizes.normGroups === 0) return;
    addIssue(`levelChannels[${level}] (=${channels}) must be divisible by normGroups (=${sizes.normGroups})`);
  });
}

/** Downsampling factor f. */
export function downsamplingOf({ levelChannels }: Pick<LatentDiffusionSizes, "levelChannels">): number {
  return 2 ** (levelChannels.length - 1);
}
