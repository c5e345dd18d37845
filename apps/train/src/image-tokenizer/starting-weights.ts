/** Training that starts from a tokenizer somebody trained, of ours or published, instead of from random weights. */
import { isDeepStrictEqual } from "node:util";
import {
  type ImageTokenizer,
  type ImageTokenizerConfig,
  KlAutoencoder,
  QuantizedAutoencoder,
  StableDiffusionVae,
} from "@interfuse/image-tokenizer";
import type { AutoencoderSettings, ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import { readImageTokenizer } from "./image-tokenizer-folder.ts";

/** The tokenizers that are trained here. */
export type Autoencoder = KlAutoencoder | QuantizedAutoencoder | StableDiffusionVae;

/**
 * The recipe with the autoencoder of a tokenizer's folder in the place of its own.
 * @throws Error naming the folder when it holds no tokenizer, or one of a kind that is not trained here.
 */
export async function recipeStartingFrom(folder: string, recipe: ImageTokenizerRecipe): Promise<ImageTokenizerRecipe> {
  const autoencoder = await readAutoencoder(folder);
  const settings = autoencoderSettings(autoencoder.config);
  autoencoder.dispose();
  return { ...recipe, autoencoder: settings };
}

/**
 * The trained autoencoder of a folder, without its latent statistics: those of what it becomes are measured after training, and a
 * resumed run has the same raw latents until then.
 * @throws Error as {@link recipeStartingFrom}, and when it is not the recipe's.
 */
export async function readStartingWeights(folder: string, recipe: ImageTokenizerRecipe): Promise<Autoencoder> {
  const autoencoder = await readAutoencoder(folder);
  const settings = autoencoderSettings(autoencoder.config);
  if (isDeepStrictEqual(settings, recipe.autoencoder)) {
    const { latentChannels } = autoencoder;
    autoencoder.setLatentStatistics({
      latentMean: new Array<number>(latentChannels).fill(0),
      latentStd: new Array<number>(latentChannels).fill(1),
    });
    return autoencoder;
  }
  autoencoder.dispose();
  throw new Error(
    `readStartingWeights: "${folder}" holds ${JSON.stringify(settings)}, the recipe's autoencoder is ${JSON.stringify(recipe.autoencoder)}; make the recipe with recipeStartingFrom`,
  );
}

async function readAutoencoder(folder: string): Promise<Autoencoder> {
  const tokenizer = await readImageTokenizer(folder);
  if (isTrainable(tokenizer)) return tokenizer;
  tokenizer.dispose();
  throw new Error(
    `--from ${folder}: a tokenizer of type "${tokenizer.config.type}" is not trained here; start from a "kl-autoencoder", a "quantized-autoencoder" or a "stable-diffusion-vae"`,
  );
}

function isTrainable(tokenizer: ImageTokenizer): tokenizer is Autoencoder {
  return [KlAutoencoder, QuantizedAutoencoder, StableDiffusionVae].some((kind) => tokenizer instanceof kind);
}

/** A config without what is measured after training. */
function autoencoderSettings(config: ImageTokenizerConfig): AutoencoderSettings {
  const { latentMean, latentStd, ...settings } = config as Autoencoder["config"];
  return settings as AutoencoderSettings;
}
