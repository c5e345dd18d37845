import type { ModelRecipe } from "./model-recipe.ts";

/**
 * Scenes at 32 x 32 pixels as 8 x 8 raw patches (16 tokens a picture) behind a small U-Net, about 2 M parameters. What is
 * predicted, and how noisy the pictures are that it is learnt from: docs/decisions/2026-11-20-unet-adapter.md.
 */
export function scenesModel(): ModelRecipe {
  return {
    recipe: "scenes",
    seed: 0,
    steps: 3000,
    model: {
      contextLength: 512,
      contextPolicy: "clean",
      positionKind: "axial",
      noisedCopies: 3,
      tieEmbeddings: false,
      backbone: {
        modelDim: 128,
        numLayers: 6,
        numHeads: 2,
        numKvHeads: null,
        headDim: null,
        mlpDim: null,
        ropeBase: 10_000,
        normEpsilon: 1e-5,
        useQkNorm: true,
        numExperts: 1,
      },
      objective: {
        patchSize: 8,
        adapter: { kind: "unet", channels: [32, 64] },
        path: "linear",
        predictionType: "sample",
        lossSpace: "velocity",
        timesteps: { kind: "logit-normal", mean: 0, std: 1.5, shift: 3 },
        useAdaptiveNorm: false,
      },
    },
    textTokenizer: { vocabSize: 512 },
    batch: {
      tokens: 2048,
      gradientAccumulation: 1,
      dropUserProbability: 0.1,
      // What is learnt last comes more often: how many shapes to draw, and which of two objects a question names.
      taskWeights: {
        "draw: single": 1,
        "draw: relation": 6,
        "draw: count": 5,
        describe: 3,
        "ask: how many": 1,
        "ask: what colour": 3,
        "ask: what shape": 1,
        "ask: where": 8,
        "edit: remove": 1,
        "edit: recolour": 2,
        "edit: exchange": 2,
      },
      pictureSize: null,
    },
    lossWeights: { text: 1, image: 8 },
    learningRate: 2e-3,
    // The number of steps can be planned again until the decay begins.
    schedule: { kind: "wsd", warmupSteps: 100, finalRatio: 0.02, decayFraction: 0.45 },
    optimizer: {
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      weightDecay: 0.05,
      maxGradNorm: 1,
      muon: { learningRateFactor: 5, momentum: 0.95 },
    },
    // The rate falls to almost nothing, so that an average over many steps mostly looks back (docs/experiments.md, 2026-11-22).
    averageDecay: 0.97,
    report: {
      checkpointEvery: 500,
      keepCheckpoints: 2,
      sampleEvery: 500,
      samplePrompts: [
        "a red circle",
        "a small blue square",
        "a large yellow triangle",
        "three green circles",
        "a red circle left of a blue square",
        "a white triangle above a purple circle",
        "two orange squares",
        "a cyan square below a green triangle",
      ],
      sampleSteps: 20,
      sampleGuidance: 3,
      // Fresh noise in every step mends shapes that began to merge (docs/experiments.md, 2026-11-23).
      sampleSolver: "ddpm",
    },
  };
}
