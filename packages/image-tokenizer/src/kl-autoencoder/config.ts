/** Sizes of the KL autoencoder, and its recipes. */
import { z } from "zod";

const count = z.int().positive();

const schema = z
  .strictObject({
    type: z.literal("kl-autoencoder"),
    baseChannels: count,
    channelMultipliers: z.array(count).min(1),
    blocksPerLevel: count,
    latentChannels: count,
    normGroups: count,
    useAttention: z.boolean().default(false),
    latentMean: z.array(z.number()).optional(),
    latentStd: z.array(z.number().positive()).optional(),
  })
  .superRefine((config, context) => {
    config.channelMultipliers.forEach((multiplier, level) => {
      const channels = config.baseChannels * multiplier;
      if (channels % config.normGroups === 0) return;
      context.addIssue(
        `baseChannels (=${config.baseChannels}) * channelMultipliers[${level}] (=${multiplier}) must be divisible by normGroups (=${config.normGroups})`,
      );
    });
    for (const name of ["latentMean", "latentStd"] as const) {
      const length = config[name]?.length ?? config.latentChannels;
      if (length === config.latentChannels) continue;
      context.addIssue(`${name} has ${length} entries; latentChannels (=${config.latentChannels}) needs one each`);
    }
  });

/** Everything needed to rebuild a KlAutoencoder apart from its weights. Make one with {@link resolveKlAutoencoderConfig} or a recipe. */
export type KlAutoencoderConfig = {
  readonly type: "kl-autoencoder";
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
  /** Mean of each channel of the raw latents; what `encode` subtracts. 0 until measured. */
  readonly latentMean: readonly number[];
  /** Standard deviation of each channel of the raw latents; what `encode` divides by. 1 until measured. */
  readonly latentStd: readonly number[];
};

/** What a caller writes: the sizes; attention and latent statistics have defaults. */
export type KlAutoencoderConfigInput = Omit<KlAutoencoderConfig, "useAttention" | "latentMean" | "latentStd"> &
  Partial<KlAutoencoderConfig>;

/** Fills defaults and checks. Idempotent. @throws RangeError naming every field that is wrong. */
export function resolveKlAutoencoderConfig(input: KlAutoencoderConfigInput): KlAutoencoderConfig {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": "));
    throw new RangeError(`resolveKlAutoencoderConfig: ${issues.join("; ")}`, { cause: parsed.error });
  }
  const { latentChannels, latentMean, latentStd, ...rest } = parsed.data;
  return {
    ...rest,
    latentChannels,
    latentMean: latentMean ?? Array.from({ length: latentChannels }, () => 0),
    latentStd: latentStd ?? Array.from({ length: latentChannels }, () => 1),
  };
}

/** Downsampling factor f of a config. */
export function downsamplingOf(config: KlAutoencoderConfig): number {
  return 2 ** (config.channelMultipliers.length - 1);
}

/** 4 times smaller sides, 4 channels: 32x32 pixels become 8x8 latents. */
const f4 = (): KlAutoencoderConfig =>
  resolveKlAutoencoderConfig({
    type: "kl-autoencoder",
    baseChannels: 32,
    channelMultipliers: [1, 2, 4],
    blocksPerLevel: 1,
    latentChannels: 4,
    normGroups: 8,
  });

/** 8 times smaller sides, 16 channels: 64x64 pixels become 8x8 latents. */
const f8 = (): KlAutoencoderConfig =>
  resolveKlAutoencoderConfig({ ...f4(), channelMultipliers: [1, 2, 4, 4], ...withChannels(16) });

/** f4 made narrow: trains in seconds, for tests. */
const debug = (): KlAutoencoderConfig =>
  resolveKlAutoencoderConfig({ ...f4(), baseChannels: 8, channelMultipliers: [1, 1, 2], normGroups: 4 });

/** Complete configs by name, sized to be trained on a CPU in minutes. */
export const klAutoencoderRecipes = { debug, f4, f8 };

/** Another number of latent channels, with statistics not measured. */
function withChannels(latentChannels: number) {
  return { latentChannels, latentMean: undefined, latentStd: undefined };
}
