import { tf } from "@interfuse/tensor";
import { expect, it } from "vitest";
import { resolveImageTokenizerRecipe } from "../config/resolve-recipe.ts";
import { dryRunImageTokenizer } from "./dry-run.ts";

it("counts parameters, finds pictures that do not fit, and keeps no tensor", () => {
  const before = tf.memory().numTensors;
  const recipe = resolveImageTokenizerRecipe("debug");
  expect(dryRunImageTokenizer(recipe)).toEqual({ recipe, numParameters: 27_747 });
  const odd = resolveImageTokenizerRecipe("debug", ["batch.pictureSize=18"]);
  expect(() => dryRunImageTokenizer(odd)).toThrow(/batch\.pictureSize \(=18\) must be divisible by .* \(=4\)/);
  expect(tf.memory().numTensors).toBe(before);
});
