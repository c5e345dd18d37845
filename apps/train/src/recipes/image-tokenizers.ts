/** Recipes of `train image-tokenizer`: one for every kind, a small one of each for comparisons, and the smallest. */
import {
  KL_WEIGHT,
  type KlAutoencoderConfig,
  klAutoencoderRecipes,
  type QuantizedAutoencoderConfig,
  quantizedAutoencoderRecipes,
} from "@interfuse/image-tokenizer";
import { completeImageTokenizerLoss, pixelLossOnly } from "./image-tokenizer-loss.ts";
import type { ImageTokenizerRecipe, NamedAutoencoderSettings } from "./image-tokenizer-recipe.ts";

/** Sides shrink 4 times: 32 x 32 pixels become 8 x 8 latents of 4 channels. */
function f4ImageTokenizer(): ImageTokenizerRecipe {
  return {
    recipe: "f4",
    seed: 0,
    steps: 3200,
    autoencoder: settingsOf(klAutoencoderRecipes.f4()),
    batch: { pictures: 32, pictureSize: 32, gradientAccumulation: 1 },
    loss: { ...pixelLossOnly("l1"), klWeight: KL_WEIGHT },
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
function f8ImageTokenizer(): ImageTokenizerRecipe {
  const f4 = f4ImageTokenizer();
  return {
    ...f4,
    recipe: "f8",
    steps: 2000,
    autoencoder: settingsOf(klAutoencoderRecipes.f8()),
    batch: { ...f4.batch, pictures: 16, pictureSize: 64 },
  };
}

/** f8 for pictures with texture: sharper reconstructions, at the price of some PSNR. */
function f8AdversarialImageTokenizer(): ImageTokenizerRecipe {
  const f8 = f8ImageTokenizer();
  const loss = completeImageTokenizerLoss({ ...f8.loss, adversary: { kind: "hinge" } });
  return { ...f8, recipe: "f8-adversarial", loss: loss as ImageTokenizerRecipe["loss"] };
}

/** Sides shrink 16 times: 64 x 64 pixels become 4 x 4 latents of 32 channels. */
function f16ImageTokenizer(): ImageTokenizerRecipe {
  return { ...f8ImageTokenizer(), recipe: "f16", autoencoder: settingsOf(klAutoencoderRecipes.f16()) };
}

/** f16 with DC-AE's shortcuts. */
function f16dcImageTokenizer(): ImageTokenizerRecipe {
  return { ...f8ImageTokenizer(), recipe: "f16-dc", autoencoder: settingsOf(klAutoencoderRecipes.f16dc()) };
}

/** A recipe of one of the quantized autoencoders: f4 on 32 x 32 pixels, 64 indices a picture, a stage or for all scales more. */
function quantized(recipe: string, make: () => QuantizedAutoencoderConfig): () => ImageTokenizerRecipe {
  return () => ({
    ...f4ImageTokenizer(),
    recipe,
    autoencoder: settingsOf(make()),
    loss: pixelLossOnly("l1"),
  });
}

/** The narrowest f4: trains in seconds on any backend. */
function debugImageTokenizer(): ImageTokenizerRecipe {
  const f4 = f4ImageTokenizer();
  return {
    ...f4,
    recipe: "debug",
    steps: 20,
    autoencoder: settingsOf(klAutoencoderRecipes.debug()),
    batch: { ...f4.batch, pictures: 4, pictureSize: 16 },
    schedule: { ...f4.schedule, warmupSteps: 5 },
    averageDecay: 0.9,
    report: { checkpointEvery: 10, keepCheckpoints: 2, sampleEvery: 0 },
  };
}

/** The narrowest with codes. */
function debugVqImageTokenizer(): ImageTokenizerRecipe {
  return {
    ...debugImageTokenizer(),
    recipe: "debug-vq",
    autoencoder: settingsOf(quantizedAutoencoderRecipes.debug()),
    loss: pixelLossOnly("l1"),
  };
}

/** One recipe for every kind of image tokenizer. */
const kinds = {
  f4: f4ImageTokenizer,
  f8: f8ImageTokenizer,
  "f8-adversarial": f8AdversarialImageTokenizer,
  f16: f16ImageTokenizer,
  "f16-dc": f16dcImageTokenizer,
  vq: quantized("vq", quantizedAutoencoderRecipes.vq),
  fsq: quantized("fsq", quantizedAutoencoderRecipes.fsq),
  lfq: quantized("lfq", quantizedAutoencoderRecipes.lfq),
  simvq: quantized("simvq", quantizedAutoencoderRecipes.simvq),
  residual: quantized("residual", quantizedAutoencoderRecipes.residual),
  "multi-scale": quantized("multi-scale", quantizedAutoencoderRecipes.multiScale),
};

/** Half as wide, and at most three minutes of two cores: for comparing methods under one budget. */
function small(recipe: ImageTokenizerRecipe): ImageTokenizerRecipe {
  const autoencoder = recipe.autoencoder as NamedAutoencoderSettings;
  return {
    ...recipe,
    recipe: `small-${recipe.recipe}`,
    steps: recipe.batch.pictureSize > 32 ? 800 : 2000,
    autoencoder: { ...autoencoder, baseChannels: autoencoder.baseChannels / 2 },
    schedule: { ...recipe.schedule, warmupSteps: 50 },
    report: { checkpointEvery: 500, keepCheckpoints: 1, sampleEvery: 0 },
  };
}

/** Recipes by name. */
export const imageTokenizerRecipes: Readonly<Record<string, () => ImageTokenizerRecipe>> = {
  debug: debugImageTokenizer,
  "debug-vq": debugVqImageTokenizer,
  ...kinds,
  ...Object.fromEntries(Object.entries(kinds).map(([name, make]) => [`small-${name}`, () => small(make())])),
};

/** A config without what is measured. */
function settingsOf({
  latentMean: _mean,
  latentStd: _std,
  ...settings
}: KlAutoencoderConfig | QuantizedAutoencoderConfig): NamedAutoencoderSettings {
  return settings;
}
