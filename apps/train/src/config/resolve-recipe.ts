/** From `--recipe` and `--set` to a complete, checked config. */

import type { JsonObject } from "@interfuse/training";
import { findRecipe, IMAGE_TOKENIZER_RECIPES, MODEL_RECIPES, TEXT_TOKENIZER_RECIPES } from "../recipes/find-recipe.ts";
import { completeImageTokenizerLoss } from "../recipes/image-tokenizer-loss.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { type ModelRecipe, recipeAsJson } from "../recipes/model-recipe.ts";
import type { TextTokenizerRecipe } from "../recipes/text-tokenizer-recipe.ts";
import { checkAutoencoder, checkRecipe, checkSchedule } from "./check-recipe.ts";
import { applyOverrides } from "./overrides.ts";

/** A recipe of `train model` with overrides. @throws UsageError for an unknown recipe or key (naming the nearest) or a wrong value. */
export function resolveModelRecipe(name: string, overrides: readonly string[] = []): ModelRecipe {
  const resolved = resolve("model", findRecipe(MODEL_RECIPES, name), overrides);
  checkSchedule(resolved);
  return resolved;
}

/** A recipe of `train image-tokenizer` with overrides. @throws as `resolveModelRecipe`. */
export function resolveImageTokenizerRecipe(name: string, overrides: readonly string[] = []): ImageTokenizerRecipe {
  const resolved = resolve("image-tokenizer", findRecipe(IMAGE_TOKENIZER_RECIPES, name), overrides, (recipe) => ({
    ...recipe,
    loss: completeImageTokenizerLoss(recipe.loss),
  }));
  checkSchedule(resolved);
  checkAutoencoder(resolved.autoencoder);
  return resolved;
}

/** A recipe of `train text-tokenizer` with overrides. @throws as `resolveModelRecipe`. */
export function resolveTextTokenizerRecipe(name: string, overrides: readonly string[] = []): TextTokenizerRecipe {
  return resolve("text-tokenizer", findRecipe(TEXT_TOKENIZER_RECIPES, name), overrides);
}

function resolve<T>(
  kind: Parameters<typeof checkRecipe>[0],
  recipe: T,
  overrides: readonly string[],
  complete: (recipe: T & JsonObject) => T & JsonObject = (changed) => changed,
): T {
  const resolved = applyOverrides(recipeAsJson(recipe), overrides, { complete });
  checkRecipe(kind, resolved);
  return resolved;
}
