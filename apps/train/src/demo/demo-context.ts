import { join } from "node:path";
import { type Dataset, openDataset } from "@interfuse/data";
import type { Picture } from "@interfuse/image-tokenizer";
import type { BackendReport } from "@interfuse/tensor";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { scenesModel } from "../recipes/model-scenes.ts";
import type { ConsoleOutput } from "../reporting/console-output.ts";

/** What every stage of the demo knows. */
export type DemoContext = {
  readonly out: string;
  readonly seed: number;
  readonly scale: DemoScale;
  readonly output: ConsoleOutput;
  readonly backend: BackendReport;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** The scenes to train on, once they are made: every picture is read when they are first asked for, and kept for all stages. */
  readonly openScenes: () => Promise<Dataset<Picture>>;
};

/** The context of a demo's stages. */
export function demoContext(fields: Omit<DemoContext, "openScenes">): DemoContext {
  let scenes: Promise<Dataset<Picture>> | undefined;
  return {
    ...fields,
    openScenes: () => {
      scenes ??= openDataset(demoPaths(fields.out).scenes);
      return scenes;
    },
  };
}

/** How large the demo is; tests run a smaller one. */
export type DemoScale = {
  /** Scenes made for training; each gives four to ten examples. */
  readonly numScenes: number;
  /** Held-out cases of each task. */
  readonly casesPerTask: number;
  readonly recipe: ModelRecipe;
};

/** The demo that people run. */
export function fullScale(): DemoScale {
  return { numScenes: 20_000, casesPerTask: 200, recipe: scenesModel() };
}

/** Where the stages' results lie. */
export function demoPaths(out: string) {
  return {
    scenes: join(out, "scenes"),
    textTokenizer: join(out, "text-tokenizer"),
    model: join(out, "model"),
    results: join(out, "results.json"),
    table: join(out, "results.md"),
    sheet: join(out, "contact-sheet.png"),
  };
}

/** The demo's recipe cut to a number of steps. */
export function demoRecipe({ seed, scale }: Pick<DemoContext, "seed" | "scale">, steps: number): ModelRecipe {
  const { recipe } = scale;
  return {
    ...recipe,
    seed,
    steps,
    schedule: { ...recipe.schedule, warmupSteps: Math.min(recipe.schedule.warmupSteps, Math.ceil(steps / 4)) },
    report: { ...recipe.report, sampleEvery: Math.max(1, Math.floor(steps / 4)) },
  };
}
