/** LlamaGen's tokenizer configs (arXiv 2406.06525, `ModelArgs` of its vq_model.py), in the terms of this package. */
import { z } from "zod";
import { parseConfig } from "../parse-config.ts";
import { type LlamaGenVqConfig, resolveLlamaGenVqConfig } from "./llamagen-vq.ts";

const count = z.int().positive();
const multipliers = z.array(count).min(1);

const schema = z
  .object({
    codebook_size: count.default(16384),
    codebook_embed_dim: count.default(8),
    codebook_l2_norm: z.boolean().default(true),
    encoder_ch_mult: multipliers.default([1, 1, 2, 2, 4]),
    decoder_ch_mult: multipliers.default([1, 1, 2, 2, 4]),
    z_channels: count.default(256),
    // Arguments of LlamaGen's encoder and decoder that its configs leave as they are.
    ch: count.default(128),
    num_res_blocks: count.default(2),
  })
  .superRefine(({ encoder_ch_mult: encoder, decoder_ch_mult: decoder }, context) => {
    if (encoder.join() === decoder.join()) return;
    context.addIssue(`encoder_ch_mult (=[${encoder}]) and decoder_ch_mult (=[${decoder}]) must be the same`);
  });

/** Groups of every norm: a constant of LlamaGen's. */
const NORM_GROUPS = 32;

/** What LlamaGen's published weights were made with: `vq_ds16_*` and `vq_ds8_*`. */
export const llamaGenConfigs = {
  "VQ-16": { encoder_ch_mult: [1, 1, 2, 2, 4], decoder_ch_mult: [1, 1, 2, 2, 4] },
  "VQ-8": { encoder_ch_mult: [1, 2, 2, 4], decoder_ch_mult: [1, 2, 2, 4] },
} as const;

/** The config of a `LlamaGenVq`. @throws RangeError naming every field that is wrong. */
export function llamaGenConfig(config: unknown): LlamaGenVqConfig {
  const parsed = parseConfig("loadLlamaGenVq: config", schema, config);
  return resolveLlamaGenVqConfig({
    type: "llamagen-vq",
    levelChannels: parsed.encoder_ch_mult.map((multiplier) => multiplier * parsed.ch),
    blocksPerLevel: parsed.num_res_blocks,
    normGroups: NORM_GROUPS,
    attention: "lowest-level",
    encoderChannels: parsed.z_channels,
    quantizer: {
      type: "vector",
      numCodes: parsed.codebook_size,
      dim: parsed.codebook_embed_dim,
      useL2Norm: parsed.codebook_l2_norm,
    },
  });
}
