import { z } from "zod";
import { NORM_GROUPS } from "./convolution.ts";

/** Config of the `diffusion` objective; plain JSON. */
export type DiffusionConfig = z.output<typeof diffusionConfigSchema>;

/** What a caller writes; everything but `latentChannels` has a default. */
export type DiffusionConfigInput = z.input<typeof diffusionConfigSchema>;

const levelChannels = z.int().refine((channels) => channels >= NORM_GROUPS && channels % NORM_GROUPS === 0, {
  error: ({ input }) => `each of channels (=${input}) must be a positive multiple of ${NORM_GROUPS}`,
});

/**
 * Defaults: flow matching (linear path, velocity, logit-normal timesteps). The DDPM of Transfusion (arXiv 2408.11039) is
 * `{ path: "cosine", predictionType: "epsilon", timesteps: { kind: "uniform" } }`.
 */
export const diffusionConfigSchema = z
  .strictObject({
    kind: z.literal("diffusion").default("diffusion"),
    /** Channels of the image tokenizer's latents. */
    latentChannels: z.int().min(1),
    /** Side of a patch, in latents. */
    patchSize: z.int().min(1).default(1),
    /** Noise path; see `@interfuse/diffusion`. */
    path: z.enum(["linear", "cosine"]).default("linear"),
    /** What the model predicts. */
    predictionType: z.enum(["velocity", "epsilon", "sample"]).default("velocity"),
    /**
     * What the squared error is taken of: the prediction itself, or the velocity it implies, which for `sample` on the linear
     * path (the only case) weighs an image's error by 1 / t² (arXiv 2511.13720), with t floored at 0.1 here.
     */
    lossSpace: z.enum(["prediction", "velocity"]).default("prediction"),
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
    /** How patches enter and leave the backbone: one linear map each, or a small U-Net around it. */
    adapter: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("linear") }),
        z.strictObject({
          kind: z.literal("unet"),
          /** Channels of each level, the finest first; a patch is 2x2 cells of the last. */
          channels: z.array(levelChannels).min(1).readonly().default([64]),
        }),
      ])
      .prefault({ kind: "linear" }),
    /** Conditions the backbone's norms on the timestep too (adaLN), beside adding it to the patches. */
    useAdaptiveNorm: z.boolean().default(false),
  })
  .check(({ value: { adapter, patchSize, lossSpace, predictionType, path }, issues }) => {
    if (lossSpace === "velocity" && (predictionType !== "sample" || path !== "linear")) {
      const message = `lossSpace (="velocity") needs predictionType "sample" on the linear path, not "${predictionType}" on the ${path} path; use "prediction"`;
      issues.push({ code: "custom", input: lossSpace, path: ["lossSpace"], message });
    }
    if (adapter.kind === "unet" && patchSize % 2 ** adapter.channels.length !== 0) {
      const message = `patchSize (=${patchSize}) must be a multiple of ${2 ** adapter.channels.length} for a unet adapter of ${adapter.channels.length} levels; choose such a one, fewer levels or the linear adapter`;
      issues.push({ code: "custom", input: patchSize, path: ["patchSize"], message });
    }
  });
