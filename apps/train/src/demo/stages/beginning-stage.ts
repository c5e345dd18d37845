import { lastStableStep } from "@interfuse/training";
import { type DemoContext, demoRecipe } from "../demo-context.ts";
import { fitSteps, roundSteps } from "../fit-steps.ts";
import type { Stage } from "../stage.ts";
import { StepTimes } from "../step-times.ts";
import { trainDemoModel } from "../train-demo-model.ts";
import type { Plan } from "./plan-stage.ts";

/** The share of the planned steps after which their number is planned again. */
const SHARE = 0.15;

/**
 * Trains the first of the planned steps, then fits their number to the time once more: the plan rests on a few steps, and the
 * speed of a machine changes. Trains none when the number was given, or is so small that its warm-up depends on it.
 */
export function beginningStage(
  context: DemoContext,
  { steps, secondsPerStep, evaluationSeconds }: Plan,
  { isFixed, secondsLeft }: { isFixed: boolean; secondsLeft: () => number },
): Stage<{ steps: number }> {
  const { seed, backend, log, scale } = context;
  const { schedule } = scale.recipe;
  const hasWholeWarmup = (numSteps: number) =>
    demoRecipe(context, numSteps).schedule.warmupSteps === schedule.warmupSteps;
  const until = Math.min(roundSteps(steps * SHARE), lastStableStep(schedule, steps));
  return {
    name: "beginning",
    inputs: { seed, steps, isFixed, precision: backend.precision },
    outputs: ["model"],
    run: async () => {
      if (isFixed || until === 0 || !hasWholeWarmup(steps)) return { steps };
      const times = new StepTimes();
      await trainDemoModel(context, steps, { until, reporters: [times] });
      // Of two measurements the slower: a machine that has just become faster may become slower again.
      const step = Math.max(secondsPerStep, times.mean() ?? 0);
      let fitted = until + fitSteps(secondsLeft(), { step, evaluation: evaluationSeconds });
      // What was trained must also be the beginning of the shorter run.
      while (lastStableStep(schedule, fitted) < until || !hasWholeWarmup(fitted)) fitted = roundSteps(fitted + 50);
      log(
        `  counting on ${(1000 * step).toFixed(0)} ms a step: ${fitted} steps fit (repeat exactly with --steps ${fitted} --seed ${seed})`,
      );
      return { steps: fitted };
    },
  };
}
