/** Sizes of the convolutional encoder and decoder, as part of the config of every autoencoder built on them. */
import { z } from "zod";

const count = z.int().positive();

/** How the network halves and doubles pictures; see {@link ConvolutionalSizes}. */
const resamplings = ["convolution", "shuffle", "shuffle-residual"] as const;

/** Fields of {@link ConvolutionalSizes} for a config's schema; check it with {@link checkConvolutionalSizes} as well. */
export const convolutionalFields = {
  baseChannels: count,
  channelMultipliers: z.array(count).min(1),
  blocksPerLevel: count,
  latentChannels: count,
  normGroups: count,
  useAttention: z.boolean().default(false),
  resampling: z.enum(resamplings).default("convolution"),
};

/** Sizes of an encoder and its decoder. */
export type ConvolutionalSizes = {
  /** Channels at full resolution, before the multiplier of the first level. */
  readonly baseChannels: number;
  /** Channels of each level as multiples of `baseChannels`, full resolution first. The picture is halved between levels: n levels downsample by 2^(n-1). */
  readonly channelMultipliers: readonly number[];
  /** Residual blocks a level, in the encoder and in the decoder. */
  readonly blocksPerLevel: number;
  /** Channels C of the latents. */
  readonly latentChannels: number;
  /** Groups of every GroupNorm. */
  readonly normGroups: number;
  /** Self-attention at the lowest resolution. Default false. */
  readonly useAttention: boolean;
  /**
   * `convolution` (default): stride 2 down, nearest neighbours up. `shuffle`: squares of 2 x 2 pixels become channels and
   * back. `shuffle-residual`: that, with the shortcuts of DC-AE (arXiv 2410.10733), which factors of 16 and more need.
   */
  readonly resampling: (typeof resamplings)[number];
};

/** Sizes as a caller writes them. */
export type ConvolutionalSizesInput = Omit<ConvolutionalSizes, "useAttention" | "resampling"> &
  Partial<ConvolutionalSizes>;

/** Adds an issue for each pair of sizes that do not fit together. */
export function checkConvolutionalSizes(sizes: ConvolutionalSizes, addIssue: (message: string) => void): void {
  const { baseChannels, channelMultipliers, normGroups, resampling, latentChannels } = sizes;
  const describe = (level: number) =>
    `baseChannels (=${baseChannels}) * channelMultipliers[${level}] (=${channelMultipliers[level]})`;
  const channels = channelMultipliers.map((multiplier) => baseChannels * multiplier);
  channels.forEach((size, level) => {
    if (size % normGroups !== 0) addIssue(`${describe(level)} must be divisible by normGroups (=${normGroups})`);
    if (resampling !== "convolution" && level > 0 && size % 4 !== 0) {
      addIssue(`${describe(level)} must be divisible by 4 for resampling "${resampling}"`);
    }
  });
  if (resampling !== "shuffle-residual") return;
  channels.slice(1).forEach((lower, level) => {
    const upper = channels[level] as number;
    if ((4 * upper) % lower !== 0 || (4 * lower) % upper !== 0) {
      addIssue(
        `${describe(level)} and ${describe(level + 1)} must divide 4 times each other for the shortcuts of resampling "${resampling}"`,
      );
    }
  });
  const lowest = channels.length - 1;
  if ((channels[lowest] as number) % latentChannels !== 0) {
    addIssue(
      `${describe(lowest)} must be divisible by latentChannels (=${latentChannels}) for the shortcuts of resampling "${resampling}"`,
    );
  }
}

/** Downsampling factor f. */
export function downsamplingOf({ channelMultipliers }: Pick<ConvolutionalSizes, "channelMultipliers">): number {
  return 2 ** (channelMultipliers.length - 1);
}
