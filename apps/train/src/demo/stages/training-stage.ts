import type { DemoContext } from "../demo-context.ts";
import type { Stage } from "../stage.ts";
import { trainDemoModel } from "../train-demo-model.ts";

/** Trains the model to its last step; goes on from the newest checkpoint of what was begun or stopped. */
export function trainingStage(context: DemoContext, steps: number): Stage<{ steps: number }> {
  const { seed, backend } = context;
  return {
    name: "training",
    inputs: { seed, steps, precision: backend.precision },
    outputs: [],
    run: async () => {
      await trainDemoModel(context, steps);
      return { steps };
    },
  };
}
