/** Sizes of the quantized autoencoder, and its recipes. */
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
import { type QuantizerConfig, type QuantizerConfigInput, resolveQuantizerConfig } from "../quantizers/config.ts";

const { latentChannels: _, ...sizeFields } = convolutionalFields;

const schema = z.strictObject({
  type: z.literal("quantized-autoencoder"),
  ...sizeFields,
  quantizer: z.looseObject({}),
  ...latentStatisticsFields,
});

/**
 * Everything needed to rebuild a QuantizedAutoencoder apart from its weights. The quantizer decides how many channels the
 * latents have. Make one with {@link resolveQuantizedAutoencoderConfig} or a recipe.
 */
export type QuantizedAutoencoderConfig = { readonly type: "quantized-autoencoder" } & Omit<
  ConvolutionalSizes,
  "latentChannels"
> & { readonly quantizer: QuantizerConfig } & LatentStatistics;

/** What a caller writes; what has a default may be left out. */
export type QuantizedAutoencoderConfigInput = { readonly type: "quantized-autoencoder" } & Omit<
  ConvolutionalSizesInput,
  "latentChannels"
> & { readonly quantizer: QuantizerConfigInput | QuantizerConfig } & Partial<LatentStatistics>;

/** Fills defaults and checks. Idempotent. @throws RangeError naming every field that is wrong. */
export function resolveQuantizedAutoencoderConfig(input: QuantizedAutoencoderConfigInput): QuantizedAutoencoderConfig {
  const operation = "resolveQuantizedAutoencoderConfig";
  const parsed = parseConfig(operation, schema, input);
  const quantizer = resolveQuantizerConfig(parsed.quantizer);
  const config = { ...parsed, quantizer };
  const sizes = sizesOf(config);
  const problems: string[] = [];
  checkConvolutionalSizes(sizes, (problem) => problems.push(problem));
  checkLatentStatistics({ ...parsed, ...sizes }, (problem) => problems.push(problem));
  if (problems.length > 0) throw new RangeError(`${operation}: ${problems.join("; ")}`);
  return { ...config, ...resolveLatentStatistics({ ...parsed, ...sizes }) };
}

/** The sizes of the encoder and decoder. */
export function sizesOf(config: Omit<QuantizedAutoencoderConfig, keyof LatentStatistics>): ConvolutionalSizes {
  return { ...config, latentChannels: channelsOf(config.quantizer) };
}

/** Channels of the latents that a quantizer reads. */
function channelsOf(quantizer: QuantizerConfig): number {
  if (quantizer.type === "finite-scalar") return quantizer.levels.length;
  return quantizer.type === "residual" ? quantizer.stage.dim : quantizer.dim;
}
