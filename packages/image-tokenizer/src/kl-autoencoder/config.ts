/** Sizes of the KL autoencoder, and its recipes. */
import { z } from "zod";
import {
  type ConvolutionalSizes,
  type ConvolutionalSizesInput,
  checkConvolutionalSizes,
  convolutionalFields,
} from "../convolutional/sizes.ts";
import {
  checkLatentStatistics,
  type LatentStatistics,
  latentStatisticsFields,
  resolveLatentStatistics,
} from "../latent-statistics.ts";
import { parseConfig } from "../parse-config.ts";

const schema = z
  .strictObject({ type: z.literal("kl-autoencoder"), ...convolutionalFields, ...latentStatisticsFields })
  .superRefine((config, context) => {
    const addIssue = (message: string) => context.addIssue(message);
    checkConvolutionalSizes(config, addIssue);
    checkLatentStatistics(config, addIssue);
  });

/** Everything needed to rebuild a KlAutoencoder apart from its weights. Make one with {@link resolveKlAutoencoderConfig} or a recipe. */
export type KlAutoencoderConfig = { readonly type: "kl-autoencoder" } & ConvolutionalSizes & LatentStatistics;

/** What a caller writes: the sizes; attention, resampling and latent statistics have defaults. */
export type KlAutoencoderConfigInput = { readonly type: "kl-autoencoder" } & ConvolutionalSizesInput &
  Partial<LatentStatistics>;

/** Fills defaults and checks. Idempotent. @throws RangeError naming every field that is wrong. */
export function resolveKlAutoencoderConfig(input: KlAutoencoderConfigInput): KlAutoencoderConfig {
  const config = parseConfig("resolveKlAutoencoderConfig", schema, input);
  return { ...config, ...resolveLatentStatistics(config) };
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

/** 16 times smaller sides, 32 channels: 64x64 pixels become 4x4 latents. */
const f16 = (): KlAutoencoderConfig =>
  resolveKlAutoencoderConfig({ ...f4(), channelMultipliers: [1, 2, 4, 4, 4], ...withChannels(32) });

/** f16 with DC-AE's shortcuts around every change of resolution. */
const f16dc = (): KlAutoencoderConfig => resolveKlAutoencoderConfig({ ...f16(), resampling: "shuffle-residual" });

/** f4 made narrow: trains in seconds, for tests. */
const debug = (): KlAutoencoderConfig =>
  resolveKlAutoencoderConfig({ ...f4(), baseChannels: 8, channelMultipliers: [1, 1, 2], normGroups: 4 });

/** Complete configs by name, sized to be trained on a CPU in minutes. */
export const klAutoencoderRecipes = { debug, f4, f8, f16, f16dc };

/** Another number of latent channels, with statistics not measured. */
function withChannels(latentChannels: number) {
  return { latentChannels, latentMean: undefined, latentStd: undefined };
}
