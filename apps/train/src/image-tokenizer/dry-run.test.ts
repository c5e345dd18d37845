import { tf } from "@interfuse/tensor";
import { expect, it } from "vitest";
import { resolveImageTokenizerRecipe } from "../config/resolve-recipe.ts";
import { UsageError } from "../config/usage-error.ts";
import { dryRunImageTokenizer } from "./dry-run.ts";

it("counts parameters, finds pictures that do not fit, and keeps no tensor", () => {
  const before = tf.memory().numTensors;
  const recipe = resolveImageTokenizerRecipe("debug");
  expect(dryRunImageTokenizer(recipe)).toEqual({ recipe, numParameters: 27_747 });
  const odd = resolveImageTokenizerRecipe("debug", ["batch.pictureSize=18"]);
  expect(() => dryRunImageTokenizer(odd)).toThrow(/batch\.pictureSize \(=18\) must be divisible by .* \(=4\)/);
  // The command line ends with exit code 2, as for every wrong setting.
  expect(() => dryRunImageTokenizer(odd)).toThrow(UsageError);
  expect(tf.memory().numTensors).toBe(before);
});

it.each([
  [
    "debug-vq",
    ["autoencoder.quantizer.revivalThreshold=2"],
    "revivalThreshold (=2) must be below the vectors per code",
  ],
  ["small-residual", ["batch.pictures=1"], "(=64/256)"],
  ["small-multi-scale", ["batch.pictures=1"], "(=121/256)"],
])("finds codes that no step has the vectors to revive: %s %s", (name, overrides, message) => {
  expect(() => dryRunImageTokenizer(resolveImageTokenizerRecipe(name, overrides))).toThrow(message);
});

it.each([
  ["debug-vq", ["autoencoder.quantizer.revivalThreshold=1.9"]],
  ["debug-vq", ["autoencoder.quantizer.revivalThreshold=3", "batch.gradientAccumulation=2"]],
  ["small-residual", ["batch.pictures=1", "autoencoder.quantizer.useSharedCodebook=true"]],
])("lets those pass that have: %s %s", (name, overrides) => {
  expect(() => dryRunImageTokenizer(resolveImageTokenizerRecipe(name, overrides))).not.toThrow();
});
