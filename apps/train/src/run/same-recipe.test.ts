import type { TrainingState } from "@interfuse/training";
import { expect, it } from "vitest";
import { resolveModelRecipe } from "../config/resolve-recipe.ts";
import { UsageError } from "../config/usage-error.ts";
import { recipeAsJson } from "../recipes/model-recipe.ts";
import { assertSameRecipe } from "./same-recipe.ts";

const began = recipeAsJson(resolveModelRecipe("debug"));
const resume = { step: 5, config: { ...began, tokenizers: { vocabSize: 300 } } } as unknown as TrainingState;
const check = (...set: string[]) => assertSameRecipe(resolveModelRecipe("debug", set), resume);

it("a run goes on with the recipe it began with, but for reports and steps before the decay", () => {
  check();
  check("report.checkpointEvery=3", "steps=50");
});

it("other settings are wrong usage, each named with both values", () => {
  const wrong = () => check("learningRate=0.1", "batch.tokens=512");
  expect(wrong).toThrow(UsageError);
  expect(wrong).toThrow(
    /batch.tokens: 256 -> 512; learningRate: 0.002 -> 0.1\); resume with the saved values.*may change: report, steps$/,
  );
  const decaying = { ...resume, step: 15 };
  expect(() => assertSameRecipe(resolveModelRecipe("debug", ["steps=50"]), decaying)).toThrow(
    /\(steps: 20 -> 50\).*may change: report$/,
  );
});
