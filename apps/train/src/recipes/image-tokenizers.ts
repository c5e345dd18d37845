import { KL_WEIGHT, type KlAutoencoderConfig, klAutoencoderRecipes } from "@interfuse/image-tokenizer";
import type { ImageTokenizerRecipe } from "./image-tokenizer-recipe.ts";

/** Sides shrink 4 times: 32 x 32 pixels become 8 x 8 latents of 4 channels. */
export function f4ImageTokenizer(): ImageTokenizerRecipe {
  return {
    recipe: "f4",
    seed: 0,
    steps: 2000,
    autoencoder: sizesOf(klAutoencoderRecipes.f4()),
    batch: { pictures: 32, pictureSize: 32, gradientAccumulation: 1 },
    loss: { reconstruction: "l1", klWeight: KL_WEIGHT },
    learningRate: 2e-3,
    schedule: { kind: "cosine", warmupSteps: 100, finalRatio: 0.02, decayFraction: null },
    optimizer: {
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0.01,
      maxGradNorm: 1,
      muon: { learningRateFactor: 5, momentum: 0.95 },
    },
    averageDecay: 0.99,
    report: { checkpointEvery: 250, keepCheckpoints: 2, sampleEvery: 500 },
  };
}

/** Sides shrink 8 times: 64 x 64 pixels become 8 x 8 latents of 16 channels. */
export function f8ImageTokenizer(): ImageTokenizerRecipe {
  const f4 = f4ImageTokenizer();
  return {
    ...f4,
    recipe: "f8",
    autoencoder: sizesOf(klAutoencoderRecipes.f8()),
    batch: { ...f4.batch, pictures: 16, pictureSize: 64 },
  };
}

/** The narrowest f4: trains in seconds on any backend. */
export function debugImageTokenizer(): ImageTokenizerRecipe {
  const f4 = f4ImageTokenizer();
  return {
    ...f4,
    recipe: "debug",
    steps: 20,
    autoencoder: sizesOf(klAutoencoderRecipes.debug()),
    batch: { ...f4.batch, pictures: 4, pictureSize: 16 },
    schedule: { ...f4.schedule, warmupSteps: 5 },
    averageDecay: 0.9,
    report: { checkpointEvery: 10, keepCheckpoints: 2, sampleEvery: 0 },
  };
}

/** A config without what is fixed or measured. */
function sizesOf(config: KlAutoencoderConfig): ImageTokenizerRecipe["autoencoder"] {
  const { type: _type, latentMean: _mean, latentStd: _std, ...sizes } = config;
  return sizes;
}
