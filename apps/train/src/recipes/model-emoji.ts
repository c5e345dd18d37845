import type { ModelRecipe } from "./model-recipe.ts";
import { scenesModel } from "./model-scenes.ts";

/** Emoji and their names over the latents of a trained image tokenizer (give it with `--image-tokenizer`). */
export function emojiModel(): ModelRecipe {
  const scenes = scenesModel();
  return {
    ...scenes,
    recipe: "emoji",
    steps: 6000,
    model: {
      ...scenes.model,
      backbone: { ...scenes.model.backbone, modelDim: 192, numLayers: 6, numHeads: 3 },
      objective: { ...scenes.model.objective, patchSize: 2, adapter: { kind: "unet", channels: [64] } },
    },
    textTokenizer: { vocabSize: 2048 },
    batch: { ...scenes.batch, dropUserProbability: 0.15, taskWeights: null, pictureSize: 64 },
    averageDecay: 0.998,
    report: {
      ...scenes.report,
      samplePrompts: [
        "red heart",
        "thumbs up: dark skin tone",
        "cat face",
        "pizza",
        "rocket",
        "tree",
        "full moon",
        "house",
      ],
    },
  };
}
