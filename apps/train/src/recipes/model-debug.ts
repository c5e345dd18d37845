import type { ModelRecipe } from "./model-recipe.ts";
import { scenesModel } from "./model-scenes.ts";

/** The smallest model that has every part: trains in seconds on any backend. */
export function debugModel(): ModelRecipe {
  const scenes = scenesModel();
  return {
    ...scenes,
    recipe: "debug",
    steps: 20,
    model: {
      ...scenes.model,
      backbone: { ...scenes.model.backbone, modelDim: 32, numLayers: 2, numHeads: 2 },
      objective: { ...scenes.model.objective, adapter: { kind: "linear" } },
      noisedCopies: 1,
    },
    textTokenizer: { vocabSize: 320 },
    batch: { ...scenes.batch, tokens: 256, taskWeights: null },
    schedule: { ...scenes.schedule, warmupSteps: 5 },
    averageDecay: 0.9,
    report: {
      ...scenes.report,
      checkpointEvery: 10,
      sampleEvery: 0,
      samplePrompts: ["a red circle", "two orange squares"],
      sampleSteps: 4,
    },
  };
}
