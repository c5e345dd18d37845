/** What a run of `train image-tokenizer` would be, without the run. */
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { checkObjectives } from "./check-objectives.ts";
import { newAutoencoder } from "./train-image-tokenizer.ts";
import { trainedAutoencoder } from "./trained-autoencoder.ts";

/** @throws UsageError when the recipe's autoencoder, losses and pictures do not go together. */
export function dryRunImageTokenizer(recipe: ImageTokenizerRecipe): {
  readonly recipe: ImageTokenizerRecipe;
  readonly numParameters: number;
} {
  const autoencoder = newAutoencoder(recipe);
  const trained = trainedAutoencoder(autoencoder, { klWeight: recipe.loss.klWeight ?? 0 });
  try {
    checkObjectives(recipe, trained);
    return { recipe, numParameters: autoencoder.numParameters() };
  } finally {
    trained.dispose();
    autoencoder.dispose();
  }
}
