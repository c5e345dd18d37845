/** All recipes by command and name. */
import { nearest } from "../config/nearest.ts";
import { UsageError } from "../config/usage-error.ts";
import { imageTokenizerRecipes } from "./image-tokenizers.ts";
import { debugModel } from "./model-debug.ts";
import { emojiModel } from "./model-emoji.ts";
import { scenesModel } from "./model-scenes.ts";
import { defaultTextTokenizer, scenesTextTokenizer } from "./text-tokenizers.ts";

/** Recipes of `train model`. */
export const MODEL_RECIPES = { debug: debugModel, scenes: scenesModel, emoji: emojiModel };

/** Recipes of `train image-tokenizer`. */
export const IMAGE_TOKENIZER_RECIPES = imageTokenizerRecipes;

/** Recipes of `train text-tokenizer`. */
export const TEXT_TOKENIZER_RECIPES = { scenes: scenesTextTokenizer, default: defaultTextTokenizer };

/**
 * The recipe of a name.
 * @throws UsageError naming the nearest and all known names.
 */
export function findRecipe<T>(recipes: Readonly<Record<string, () => T>>, name: string): T {
  const recipe = Object.hasOwn(recipes, name) ? recipes[name] : undefined;
  if (recipe === undefined) {
    const known = Object.keys(recipes);
    throw new UsageError(
      `--recipe ${name}: unknown recipe; did you mean "${nearest(name, known)}"? (known: ${known.join(", ")})`,
    );
  }
  return recipe();
}
