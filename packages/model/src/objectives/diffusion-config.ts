import { z } from "zod";

/** Config of the `diffusion` objective; plain JSON. */
export type DiffusionConfig = z.output<typeof diffusionConfigSchema>;

/** What a caller writes; everything but `latentChannels` has a default. */
export type DiffusionConfigInput = z.input<typeof diffusionConfigSchema>;

/**
 * Defaults: flow matching (linear path, velocity, logit-normal timesteps). The DDPM of Transfusion (arXiv 2408.11039) is
 * `{ path: "cosine", predictionType: "epsilon", timesteps: { kind: "uniform" } }`.
 */
export const diffusionConfigSchema = z.strictObject({
  kind: z.literal("diffusion").default("diffusion"),
  /** Channels of the image tokenizer's latents. */
  latentChannels: z.int().min(1),
  /** Side of a patch, in latents. */
  patchSize: z.int().min(1).default(1),
  /** Noise path; see `@interfuse/diffusion`. */
  path: z.enum(["linear", "cosine"]).default("linear"),
  /** What the model predicts. */
  predictionType: z.enum(["velocity", "epsilon", "sample"]).default("velocity"),
  /** Where training timesteps are drawn from. */
  timesteps: z
    .strictObject({
      kind: z.enum(["logit-normal", "uniform"]).default("logit-normal"),
      /** Mean and standard deviation of logit t, for `logit-normal` only; 0 and 1 when left out. */
      mean: z.number().optional(),
      std: z.number().positive().optional(),
      /** Above 1 moves training and sampling timesteps toward noise. */
      shift: z.number().positive().default(1),
    })
    .prefault({}),
  /** Conditions the backbone's norms on the timestep too (adaLN), beside adding it to the patches. */
  useAdaptiveNorm: z.boolean().default(false),
});
