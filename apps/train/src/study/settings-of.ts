import type { JsonValue } from "@interfuse/training";
import { resolveImageTokenizerRecipe, resolveModelRecipe } from "../config/resolve-recipe.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { type ModelRecipe, recipeAsJson } from "../recipes/model-recipe.ts";
import type { ModelRun, Run, TokenizerRun } from "./study.ts";

/** The recipe of a tokenizer run, its random seed in it. */
export function tokenizerRecipe({ recipe, overrides, seed }: TokenizerRun): ImageTokenizerRecipe {
  return resolveImageTokenizerRecipe(recipe, [...overrides, `seed=${seed}`]);
}

/** The recipe of a model run; the steps of one of equal time are known later. */
export function modelRecipe({ recipe, overrides, seed }: ModelRun): ModelRecipe {
  return resolveModelRecipe(recipe, [...overrides, `seed=${seed}`]);
}

/** What a run trains with as recipes stand now, to notice results that are older. */
export function settingsOf(run: Run): JsonValue {
  if (run.kind === "tokenizer") return recipeAsJson(tokenizerRecipe(run));
  return run.kind === "model" ? recipeAsJson(modelRecipe(run)) : null;
}
