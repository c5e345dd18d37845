/** On resume: which settings must be those that the run began with. */
import { assertSameConfig, lastStableStep, type TrainingState } from "@interfuse/training";
import { UsageError } from "../config/usage-error.ts";
import { recipeAsJson } from "../recipes/model-recipe.ts";
import type { TrainingSettings } from "./run-training.ts";

/** Keys that a resumed run may change: reports do not touch the weights, nor does the number of steps before the decay. */
export function mayChangeOnResume({ schedule, steps }: TrainingSettings, resume: TrainingState): string[] {
  const before = resume.config.steps;
  if (typeof before !== "number") return ["report"];
  // Every step done so far had the rate that it has in a run of `steps` steps, too.
  const isSameSoFar = resume.step <= Math.min(lastStableStep(schedule, before), lastStableStep(schedule, steps));
  return isSameSoFar ? ["report", "steps"] : ["report"];
}

/**
 * Before data and tokenizers are read, whose errors would hide the cause.
 * @throws UsageError naming every changed setting with both values, and those that may change.
 */
export function assertSameRecipe(recipe: TrainingSettings, resume: TrainingState): void {
  const { tokenizers: _, compute: __, ...saved } = resume.config;
  try {
    assertSameConfig(saved, recipeAsJson(recipe), mayChangeOnResume(recipe, resume));
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
