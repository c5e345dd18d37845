import { expect, it } from "vitest";
import { resolveImageTokenizerRecipe, resolveModelRecipe, resolveTextTokenizerRecipe } from "./resolve-recipe.ts";
import { UsageError } from "./usage-error.ts";

const resolvers = {
  model: (override: string) => resolveModelRecipe("debug", [override]),
  "image-tokenizer": (override: string) => resolveImageTokenizerRecipe("debug", [override]),
  "text-tokenizer": (override: string) => resolveTextTokenizerRecipe("default", [override]),
};

it.each([
  ["model", "optimizer.beta1=1", /optimizer\.beta1 \(=1\)/],
  ["image-tokenizer", "optimizer.beta2=-0.1", /optimizer\.beta2 \(=-0\.1\)/],
  ["model", "optimizer.epsilon=0", /optimizer\.epsilon \(=0\)/],
  ["model", "optimizer.weightDecay=-1", /optimizer\.weightDecay \(=-1\)/],
  ["model", "optimizer.maxGradNorm=null", /optimizer\.maxGradNorm \(=null\)/],
  ["image-tokenizer", "optimizer.muon.momentum=1", /optimizer\.muon\.momentum \(=1\)/],
  ["model", "optimizer.muon.learningRateFactor=0", /optimizer\.muon\.learningRateFactor \(=0\)/],
  ["model", 'optimizer.muon={"momentum":0.9}', /optimizer\.muon\.learningRateFactor \(=undefined\)/],
  ["model", "schedule.finalRatio=2", /schedule: .*finalRatio \(=2\)/],
  ["model", "schedule.finalRatio=null", /schedule\.finalRatio \(=null\)/],
  ["model", "model.contextLength=0", /model\.contextLength \(=0\)/],
  ["model", "model.contextPolicy=tidy", /model\.contextPolicy \(="tidy"\)/],
  ["model", "model.backbone.ropeBase=1", /model\.backbone\.ropeBase \(=1\)/],
  ["model", "model.backbone.numHeads=3", /model\.backbone: .*numHeads \(=3\)/],
  ["model", "model.backbone.numExperts=3", /model: .*backbone\.numExperts \(=3\)/],
  ["model", "model.objective.patchSize=0", /model\.objective\.patchSize \(=0\)/],
  ["model", "model.objective.timesteps.std=0", /model\.objective\.timesteps\.std \(=0\)/],
  ["model", "textTokenizer.vocabSize=261", /textTokenizer\.vocabSize: .*from 262/],
  ["text-tokenizer", "vocabSize=261", /vocabSize: .*from 262/],
  ["image-tokenizer", "autoencoder.latentChannels=0", /autoencoder: .*latentChannels \(=0\)/],
] as const)("%s: %s is found when the recipe is resolved", (kind, override, message) => {
  const resolve = () => resolvers[kind](override);
  expect(resolve).toThrow(UsageError);
  expect(resolve).toThrow(message);
  expect(resolve).toThrow(/^recipe: .*; change it with --set$/);
});
