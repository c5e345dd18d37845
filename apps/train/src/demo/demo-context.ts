import { join } from "node:path";
import type { BackendReport } from "@interfuse/tensor";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { scenesModel } from "../recipes/model-scenes.ts";
import type { ConsoleOutput } from "../reporting/console-output.ts";

/** What every stage of the demo knows. */
export type DemoContext = {
  readonly out: string;
  readonly seed: number;
  readonly output: ConsoleOutput;
  readonly backend: BackendReport;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
};

/** Scenes made for training, and held-out cases of each task. */
export const NUM_SCENES = 10_000;
export const CASES_PER_TASK = 200;

/** Where the stages' results lie. */
export function demoPaths(out: string) {
  return {
    scenes: join(out, "scenes"),
    textTokenizer: join(out, "text-tokenizer"),
    model: join(out, "model"),
    results: join(out, "results.json"),
    table: join(out, "results.md"),
    sheet: join(out, "contact-sheet.png"),
    outcomes: join(out, "outcomes"),
  };
}

/** The recipe `scenes` cut to a number of steps. */
export function demoRecipe({ seed, steps }: { seed: number; steps: number }): ModelRecipe {
  const recipe = scenesModel();
  return {
    ...recipe,
    seed,
    steps,
    schedule: { ...recipe.schedule, warmupSteps: Math.min(recipe.schedule.warmupSteps, Math.ceil(steps / 10)) },
    report: { ...recipe.report, sampleEvery: Math.max(1, Math.floor(steps / 4)) },
  };
}
