/** From `--recipe` and `--set` to a complete, checked config. */

import type { JsonObject } from "@interfuse/training";
import { findRecipe, IMAGE_TOKENIZER_RECIPES, MODEL_RECIPES, TEXT_TOKENIZER_RECIPES } from "../recipes/find-recipe.ts";
import { completeImageTokenizerLoss } from "../recipes/image-tokenizer-loss.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { type ModelRecipe, recipeAsJson } from "../recipes/model-recipe.ts";
import type { TextTokenizerRecipe } from "../recipes/text-tokenizer-recipe.ts";
import { checkAutoencoder, checkModel, checkRecipe, checkSchedule, checkVocabulary } from "./check-recipe.ts";
import { applyOverrides } from "./overrides.ts";

/** A recipe of `train model` with overrides. @throws UsageError for an unknown recipe or key (naming the nearest) or a wrong value. */
export function resolveModelRecipe(name: string, overrides: readonly string[] = []): ModelRecipe {
  const resolved = resolve("model", findRecipe(MODEL_RECIPES, name), overrides);
  checkSchedule(resolved);
  checkModel(resolved);
  checkVocabulary("textTokenizer.vocabSize", resolved.textTokenizer);
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
  const resolved = resolve("text-tokenizer", findRecipe(TEXT_TOKENIZER_RECIPES, name), overrides);
  checkVocabulary("vocabSize", resolved);
  return resolved;
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
