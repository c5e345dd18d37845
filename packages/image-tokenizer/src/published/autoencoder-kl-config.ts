/** diffusers' `config.json` of an AutoencoderKL, in the terms of this package. */
import { z } from "zod";
import { parseConfig } from "../parse-config.ts";
import { resolveStableDiffusionVaeConfig, type StableDiffusionVaeConfig } from "./stable-diffusion-vae.ts";

/** Of several levels, each of the only kind that these models have. */
const blocks = (kind: string) => z.array(z.literal(kind, { error: `only "${kind}" can be read` })).optional();

const count = z.int().positive();

/** The fields that matter, with diffusers' defaults; further ones (sample_size, force_upcast) say nothing about the network. */
const schema = z
  .object({
    _class_name: z.literal("AutoencoderKL").optional(),
    in_channels: z.literal(3).default(3),
    out_channels: z.literal(3).default(3),
    down_block_types: blocks("DownEncoderBlock2D"),
    up_block_types: blocks("UpDecoderBlock2D"),
    block_out_channels: z.array(count).min(1).default([64]),
    layers_per_block: count.default(1),
    act_fn: z.literal("silu").default("silu"),
    latent_channels: count.default(4),
    norm_num_groups: count.default(32),
    scaling_factor: z.number().positive().nullable().default(0.18215),
    shift_factor: z.number().nullable().default(0),
    latents_mean: z.array(z.number()).nullable().default(null),
    latents_std: z.array(z.number().positive()).nullable().default(null),
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    for (const name of ["down_block_types", "up_block_types"] as const) {
      const length = config[name]?.length ?? config.block_out_channels.length;
      if (length === config.block_out_channels.length) continue;
      context.addIssue(`${name} has ${length} entries; block_out_channels has ${config.block_out_channels.length}`);
    }
  });

/**
 * The config of a `StableDiffusionVae`. Latents are normalised as diffusers' pipelines do it: `(z - shift_factor) *
 * scaling_factor`, or with statistics of each channel `(z - latents_mean) * scaling_factor / latents_std`.
 *
 * @throws RangeError naming every field that is wrong, or that asks for a network other than Stable Diffusion's.
 */
export function autoencoderKlConfig(config: unknown): StableDiffusionVaeConfig {
  const parsed = parseConfig("loadAutoencoderKl: config.json", schema, config);
  const { latent_channels: latentChannels, latents_mean: mean, latents_std: std } = parsed;
  const scale = parsed.scaling_factor ?? 1;
  const shift = parsed.shift_factor ?? 0;
  return resolveStableDiffusionVaeConfig({
    type: "stable-diffusion-vae",
    levelChannels: parsed.block_out_channels,
    blocksPerLevel: parsed.layers_per_block,
    normGroups: parsed.norm_num_groups,
    attention: parsed.mid_block_add_attention ? "middle" : "none",
    latentChannels,
    useEncoderProjection: parsed.use_quant_conv,
    useDecoderProjection: parsed.use_post_quant_conv,
    latentMean: mean ?? Array.from({ length: latentChannels }, () => shift),
    latentStd: std?.map((value) => value / scale) ?? Array.from({ length: latentChannels }, () => 1 / scale),
  });
}
