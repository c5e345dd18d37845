/**
 * The vector-quantized tokenizer of LlamaGen (arXiv 2406.06525): latent diffusion's network with attention after every block
 * of the lowest level, and a codebook between 1x1 convolutions. `loadLlamaGenVq` makes one from published weights.
 */
import type { Generator } from "@interfuse/tensor";
import { z } from "zod";
import {
  checkLatentStatistics,
  type LatentStatistics,
  latentStatisticsFields,
  resolveLatentStatistics,
} from "../latent-statistics.ts";
import { parseConfig } from "../parse-config.ts";
import { QuantizedTokenizer } from "../quantized-autoencoder/quantized-tokenizer.ts";
import { type QuantizerConfigInput, resolveQuantizerConfig, type VectorQuantizerConfig } from "../quantizers/config.ts";
import { VectorQuantizer } from "../quantizers/vector-quantizer.ts";
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
    type: z.literal("llamagen-vq"),
    ...latentDiffusionFields,
    encoderChannels: z.int().positive(),
    quantizer: z.custom<QuantizerConfigInput<"vector">>().transform(resolveQuantizerConfig<"vector">),
    ...latentStatisticsFields,
  })
  .superRefine((config, context) => {
    const addIssue = (message: string) => context.addIssue(message);
    checkLatentDiffusionSizes(config, addIssue);
    checkLatentStatistics({ ...config, latentChannels: config.quantizer.dim }, addIssue);
  });

/** Everything needed to rebuild a LlamaGenVq apart from its weights. */
export type LlamaGenVqConfig = {
  readonly type: "llamagen-vq";
  /** Channels that leave the encoder's and enter the decoder's 3x3 convolutions; 1x1 convolutions go to the codebook's and back. */
  readonly encoderChannels: number;
  readonly quantizer: VectorQuantizerConfig;
} & LatentDiffusionSizes &
  LatentStatistics;

/** What a caller writes; what has a default may be left out. */
export type LlamaGenVqConfigInput = Omit<LlamaGenVqConfig, "quantizer" | keyof LatentStatistics> & {
  readonly quantizer: QuantizerConfigInput<"vector">;
} & Partial<LatentStatistics>;

/** Fills defaults and checks. Idempotent. @throws RangeError naming every field that is wrong. */
export function resolveLlamaGenVqConfig(input: LlamaGenVqConfigInput): LlamaGenVqConfig {
  const config = parseConfig("resolveLlamaGenVqConfig", schema, input);
  return { ...config, ...resolveLatentStatistics({ ...config, latentChannels: config.quantizer.dim }) };
}

/** A quantized autoencoder with latent diffusion's network. Weights lie under `encoder.`, `quantizer.` and `decoder.`. */
export class LlamaGenVq extends QuantizedTokenizer<LlamaGenVqConfig> {
  readonly quantizer: VectorQuantizer;
  protected readonly encoder: LatentDiffusionEncoder;
  protected readonly decoder: LatentDiffusionDecoder;

  /** @throws as {@link resolveLlamaGenVqConfig}. */
  constructor(input: LlamaGenVqConfigInput, generator: Generator) {
    const config = resolveLlamaGenVqConfig(input);
    super(config, { downsampling: downsamplingOf(config), resolve: resolveLlamaGenVqConfig });
    const { encoderChannels, quantizer } = config;
    const output = { outputChannels: encoderChannels, projectedChannels: quantizer.dim };
    this.encoder = this.child("encoder", new LatentDiffusionEncoder(config, output, generator.fork("encoder")));
    this.quantizer = this.child("quantizer", new VectorQuantizer(quantizer, generator.fork("quantizer")));
    const inputs = { inputChannels: quantizer.dim, projectedChannels: encoderChannels };
    this.decoder = this.child("decoder", new LatentDiffusionDecoder(config, inputs, generator.fork("decoder")));
  }
}
