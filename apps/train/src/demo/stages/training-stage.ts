import { measureProductRate } from "../../machine/product-rate.ts";
import { trainModel } from "../../model/train-model.ts";
import { ProgressReporter } from "../../reporting/progress.ts";
import { type DemoContext, demoPaths, demoRecipe } from "../demo-context.ts";
import type { Stage } from "../stage.ts";

/** Trains the model; goes on from the newest checkpoint of a run that was stopped. */
export function trainingStage(context: DemoContext, steps: number): Stage<{ steps: number }> {
  const { out, seed, output, backend, signal, log } = context;
  const recipe = demoRecipe(context, steps);
  const paths = demoPaths(out);
  return {
    name: "training",
    inputs: { seed, steps, precision: backend.precision },
    outputs: ["model"],
    run: async () => {
      const everySteps = Math.max(1, Math.round(steps / 40));
      await trainModel({
        recipe,
        data: paths.scenes,
        out: paths.model,
        textTokenizer: paths.textTokenizer,
        resume: "if-any",
        reporters: async (flopsPerToken) => [
          new ProgressReporter({ output, everySteps, flopsPerToken, productRate: await measureProductRate() }),
        ],
        log: (line) => log(`  ${line}`),
        signal,
      });
      return { steps };
    },
  };
}
