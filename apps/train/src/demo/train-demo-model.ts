import type { Reporter } from "@interfuse/training";
import { measureProductRate } from "../machine/product-rate.ts";
import { trainModel } from "../model/train-model.ts";
import { ProgressReporter } from "../reporting/progress.ts";
import { type DemoContext, demoPaths, demoRecipe } from "./demo-context.ts";

/** Trains the demo's model for `steps` steps, or pauses after `until`; goes on from the newest checkpoint if there is one. */
export async function trainDemoModel(
  context: DemoContext,
  steps: number,
  { until, reporters = [] }: { until?: number; reporters?: readonly Reporter[] } = {},
): Promise<void> {
  const { out, output, signal, log } = context;
  const paths = demoPaths(out);
  const everySteps = Math.max(1, Math.round(steps / 40));
  await trainModel({
    recipe: demoRecipe(context, steps),
    data: await context.openScenes(),
    out: paths.model,
    textTokenizer: paths.textTokenizer,
    resume: "if-any",
    reporters: async (flopsPerToken) => [
      new ProgressReporter({ output, everySteps, flopsPerToken, productRate: await measureProductRate() }),
      ...reporters,
    ],
    log: (line) => log(`  ${line}`),
    signal,
    until,
  });
}
