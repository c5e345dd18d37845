/** Ranges of the settings that no other part checks by itself, so that a wrong `--set` is found before any work is done. */
import {
  resolveKlAutoencoderConfig,
  resolveQuantizedAutoencoderConfig,
  resolveStableDiffusionVaeConfig,
} from "@interfuse/image-tokenizer";
import { type ScheduleConfig, scheduleFromConfig } from "@interfuse/training";
import { z } from "zod";
import { imageTokenizerLossSchema } from "../recipes/image-tokenizer-loss.ts";
import type { AutoencoderSettings } from "../recipes/image-tokenizer-recipe.ts";
import { UsageError } from "./usage-error.ts";

const positive = z.int().min(1);
const whole = z.int().min(0);
const share = z.number().min(0).max(1);

/** Common to runs with an optimizer; a recipe may have more keys. */
const runSettings = z.looseObject({
  seed: whole,
  steps: positive,
  learningRate: z.number().positive(),
  optimizer: z.looseObject({}),
  schedule: z.looseObject({ kind: z.enum(["cosine", "linear", "constant", "wsd"]) }),
  averageDecay: z.number().gt(0).lt(1).nullable(),
  batch: z.looseObject({ gradientAccumulation: positive }),
  report: z.looseObject({ checkpointEvery: positive, keepCheckpoints: positive, sampleEvery: whole }),
});

/** `train model` */
const modelSettings = runSettings.extend({
  textTokenizer: z.strictObject({ vocabSize: positive }),
  batch: z.strictObject({
    tokens: positive,
    gradientAccumulation: positive,
    dropUserProbability: share,
    taskWeights: z.record(z.string(), z.number().min(0)).nullable(),
    pictureSize: positive.nullable(),
  }),
  lossWeights: z.strictObject({ text: z.number().min(0), image: z.number().min(0) }),
  report: z.strictObject({
    checkpointEvery: positive,
    keepCheckpoints: positive,
    sampleEvery: whole,
    samplePrompts: z.array(z.string()).min(1),
    sampleSteps: positive,
    sampleGuidance: z.number().min(0),
  }),
});

/** `train image-tokenizer` */
const imageTokenizerSettings = runSettings.extend({
  batch: z.strictObject({ pictures: positive, pictureSize: positive, gradientAccumulation: positive }),
  loss: imageTokenizerLossSchema,
});

/** `train text-tokenizer` */
const textTokenizerSettings = z.looseObject({ vocabSize: positive, pattern: z.enum(["o200k", "gpt2"]) });

const schemas = {
  model: modelSettings,
  "image-tokenizer": imageTokenizerSettings,
  "text-tokenizer": textTokenizerSettings,
};

/**
 * Checks a recipe after its overrides.
 * @throws UsageError naming each wrong key with its value and the rule.
 */
export function checkRecipe(kind: keyof typeof schemas, recipe: unknown): void {
  const parsed = schemas[kind].safeParse(recipe);
  if (parsed.success) return;
  const problems = parsed.error.issues.map((issue) => {
    const value = issue.path.reduce(
      (at: unknown, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      recipe,
    );
    return `${issue.path.join(".")} (=${JSON.stringify(value)}): ${issue.message}`;
  });
  throw new UsageError(`recipe: ${problems.join("; ")}; change it with --set`);
}

/** @throws UsageError when a recipe's schedule does not fit its steps. */
export function checkSchedule({ schedule, steps }: { schedule: ScheduleConfig; steps: number }): void {
  try {
    scheduleFromConfig(schedule, steps);
  } catch (cause) {
    throw new UsageError(`recipe: ${(cause as Error).message}; change it with --set`, { cause });
  }
}

/** @throws UsageError naming what is wrong with the autoencoder's config of an image tokenizer's recipe. */
export function checkAutoencoder(autoencoder: AutoencoderSettings): void {
  try {
    if (autoencoder.type === "kl-autoencoder") resolveKlAutoencoderConfig(autoencoder);
    else if (autoencoder.type === "stable-diffusion-vae") resolveStableDiffusionVaeConfig(autoencoder);
    else resolveQuantizedAutoencoderConfig(autoencoder);
  } catch (cause) {
    throw new UsageError(`recipe: autoencoder: ${(cause as Error).message}; change it with --set`, { cause });
  }
}
