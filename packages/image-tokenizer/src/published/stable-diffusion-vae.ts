/**
 * The KL autoencoder of Stable Diffusion and its successors (arXiv 2112.10752): latent diffusion's network, for weights
 * that others trained, as a start for one's own training too. `loadAutoencoderKl` makes one from diffusers' files.
 */
import type { Generator } from "@interfuse/tensor";
import { z } from "zod";
import { KlTokenizer } from "../kl-autoencoder/kl-tokenizer.ts";
import {
  checkLatentStatistics,
  type LatentStatistics,
  latentStatisticsFields,
  resolveLatentStatistics,
} from "../latent-statistics.ts";
import { parseConfig } from "../parse-config.ts";
import { LatentDiffusionDecoder } from "./decoder.ts";
import { LatentDiffusionEncoder } from "./encoder.ts";
import {
  checkLatentDiffusionSizes,
  downsamplingOf,
  type LatentDiffusionSizes,
  latentDiffusionFields,
} from "./sizes.ts";

const schema = z
  .strictObject({
    type: z.literal("stable-diffusion-vae"),
    ...latentDiffusionFields,
    latentChannels: z.int().positive(),
    useEncoderProjection: z.boolean(),
    useDecoderProjection: z.boolean(),
    ...latentStatisticsFields,
  })
  .superRefine((config, context) => {
    const addIssue = (message: string) => context.addIssue(message);
    checkLatentDiffusionSizes(config, addIssue);
    checkLatentStatistics(config, addIssue);
  });

/** Everything needed to rebuild a StableDiffusionVae apart from its weights. */
export type StableDiffusionVaeConfig = {
  readonly type: "stable-diffusion-vae";
  /** Channels C of the latents. */
  readonly latentChannels: number;
  /** A 1x1 convolution of the posterior's means and log variances. */
  readonly useEncoderProjection: boolean;
  /** A 1x1 convolution of the latents that are decoded. */
  readonly useDecoderProjection: boolean;
} & LatentDiffusionSizes &
  LatentStatistics;

/** What a caller writes: latent statistics are 0 and 1 unless given. */
export type StableDiffusionVaeConfigInput = Omit<StableDiffusionVaeConfig, keyof LatentStatistics> &
  Partial<LatentStatistics>;

/** Fills defaults and checks. Idempotent. @throws RangeError naming every field that is wrong. */
export function resolveStableDiffusionVaeConfig(input: StableDiffusionVaeConfigInput): StableDiffusionVaeConfig {
  const config = parseConfig("resolveStableDiffusionVaeConfig", schema, input);
  return { ...config, ...resolveLatentStatistics(config) };
}

/** A KL autoencoder with latent diffusion's network. Parameters lie under `encoder.` and `decoder.`. */
export class StableDiffusionVae extends KlTokenizer<StableDiffusionVaeConfig> {
  protected readonly encoder: LatentDiffusionEncoder;
  protected readonly decoder: LatentDiffusionDecoder;

  /** @throws as {@link resolveStableDiffusionVaeConfig}. */
  constructor(input: StableDiffusionVaeConfigInput, generator: Generator) {
    const config = resolveStableDiffusionVaeConfig(input);
    super(config, { downsampling: downsamplingOf(config), resolve: resolveStableDiffusionVaeConfig });
    const { latentChannels, useEncoderProjection, useDecoderProjection } = config;
    const moments = 2 * latentChannels;
    const output = { outputChannels: moments, projectedChannels: useEncoderProjection ? moments : undefined };
    this.encoder = this.child("encoder", new LatentDiffusionEncoder(config, output, generator.fork("encoder")));
    const inputs = {
      inputChannels: latentChannels,
      projectedChannels: useDecoderProjection ? latentChannels : undefined,
    };
    this.decoder = this.child("decoder", new LatentDiffusionDecoder(config, inputs, generator.fork("decoder")));
  }
}
