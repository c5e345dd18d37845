/** Kinds and ranges of a recipe's settings, so that a wrong `--set` is found before any work is done. */
import { resolveBackboneConfig } from "@interfuse/backbone";
import {
  resolveKlAutoencoderConfig,
  resolveQuantizedAutoencoderConfig,
  resolveStableDiffusionVaeConfig,
} from "@interfuse/image-tokenizer";
import { resolveModelConfig } from "@interfuse/model";
import { trainBpe } from "@interfuse/text-tokenizer";
import { type ScheduleConfig, scheduleFromConfig } from "@interfuse/training";
import { z } from "zod";
import { modelConfig } from "../model/model-config.ts";
import { imageTokenizerLossSchema } from "../recipes/image-tokenizer-loss.ts";
import type { AutoencoderSettings } from "../recipes/image-tokenizer-recipe.ts";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { UsageError } from "./usage-error.ts";

const positive = z.int().min(1);
const whole = z.int().min(0);
const share = z.number().min(0).max(1);
const belowOne = z.number().min(0).lt(1);

/** Common to runs with an optimizer; a recipe may have more keys. */
const runSettings = z.looseObject({
  seed: whole,
  steps: positive,
  learningRate: z.number().positive(),
  optimizer: z.strictObject({
    beta1: belowOne,
    beta2: belowOne,
    epsilon: z.number().positive(),
    weightDecay: z.number().min(0),
    maxGradNorm: z.number().min(0),
    muon: z.strictObject({ learningRateFactor: z.number().positive(), momentum: belowOne }).nullable(),
  }),
  schedule: z.strictObject({
    kind: z.enum(["cosine", "linear", "constant", "wsd"]),
    warmupSteps: z.number(),
    finalRatio: z.number(),
    decayFraction: z.number().nullable(),
  }),
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
    sampleSolver: z.enum(["euler", "heun", "ddim", "ddpm"]),
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
  throw new UsageError(`recipe: ${describeIssues(parsed.error, recipe)}; change it with --set`);
}

/** @throws UsageError when a recipe's schedule does not fit its steps. */
export function checkSchedule({ schedule, steps }: { schedule: ScheduleConfig; steps: number }): void {
  checkPart("schedule", () => scheduleFromConfig(schedule, steps));
}

/** @throws UsageError naming what is wrong with the autoencoder's config of an image tokenizer's recipe. */
export function checkAutoencoder(autoencoder: AutoencoderSettings): void {
  checkPart("autoencoder", () => {
    if (autoencoder.type === "kl-autoencoder") resolveKlAutoencoderConfig(autoencoder);
    else if (autoencoder.type === "stable-diffusion-vae") resolveStableDiffusionVaeConfig(autoencoder);
    else resolveQuantizedAutoencoderConfig(autoencoder);
  });
}

/** @throws UsageError naming what is wrong with the model of a recipe, whatever its tokenizers. */
export function checkModel(recipe: ModelRecipe): void {
  const config = modelConfig(recipe, { vocabSize: 3, frame: { boi: 0, eoi: 1, eos: 2 }, latentChannels: 1 });
  checkPart("model.backbone", () => resolveBackboneConfig(config.backbone), config.backbone);
  checkPart("model", () => resolveModelConfig(config), config);
}

/** @throws UsageError naming what is wrong with the vocabulary of a text tokenizer that is to be trained. */
export function checkVocabulary(key: string, settings: { vocabSize: number; pattern?: "o200k" | "gpt2" }): void {
  checkPart(key, () => trainBpe([], settings));
}

/** Runs a component's own check of what stands under a key; of `settings`, what breaks its schema is named by its whole key. */
function checkPart(key: string, check: () => void, settings?: unknown): void {
  try {
    check();
  } catch (cause) {
    const { message, cause: inner } = cause as Error;
    const isNamed = settings !== undefined && inner instanceof z.ZodError;
    const problem = isNamed ? describeIssues(inner, settings, key) : `${key}: ${message}`;
    throw new UsageError(`recipe: ${problem}; change it with --set`, { cause });
  }
}

/** `schedule.kind (="step"): Invalid option; ...` */
function describeIssues({ issues }: z.ZodError, settings: unknown, key?: string): string {
  const problems = issues.map(({ path, message }) => {
    const name = [...(key === undefined ? [] : [key]), ...path].join(".");
    if (path.length === 0) return `${name}: ${message}`;
    const value = path.reduce(
      (at: unknown, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
      settings,
    );
    return `${name} (=${JSON.stringify(value)}): ${message}`;
  });
  return problems.join("; ");
}
