import type { DemoContext } from "../demo-context.ts";
import { fitSteps, minutesToFit } from "../fit-steps.ts";
import { measureTimes } from "../measure-times.ts";
import type { Stage } from "../stage.ts";

/** What a demo that answers and draws well takes (docs/results.md). */
const GOOD_STEPS = 2400;

/** What the rest of the demo is made from. */
export type Plan = { steps: number; stepsMade: number; secondsPerStep: number; evaluationSeconds: number };

/** Fits the number of steps to the time, unless it was given: a first guess, which the beginning of the training corrects. */
export function planStage(
  context: DemoContext,
  { minutes, steps, secondsLeft }: { minutes: number; steps: number | undefined; secondsLeft: () => number },
): Stage<Plan> {
  const { seed, log } = context;
  return {
    name: "plan",
    inputs: { seed, minutes: steps === undefined ? minutes : null, steps: steps ?? null },
    outputs: [],
    run: async () => {
      if (steps !== undefined) return { steps, stepsMade: 0, secondsPerStep: 0, evaluationSeconds: 0 };
      const times = await measureTimes(context);
      const fitted = fitSteps(secondsLeft(), times);
      log(
        `  a step takes ${(1000 * times.step).toFixed(0)} ms, the evaluation about ${times.evaluation.toFixed(0)} s: some ${fitted} steps fit`,
      );
      if (fitted < GOOD_STEPS) {
        const needed = minutesToFit(GOOD_STEPS, 60 * minutes - secondsLeft(), times);
        log(`  a model that draws well takes some ${GOOD_STEPS} steps: --minutes ${needed} on this machine`);
      }
      return { steps: fitted, stepsMade: 0, secondsPerStep: times.step, evaluationSeconds: times.evaluation };
    },
  };
}
