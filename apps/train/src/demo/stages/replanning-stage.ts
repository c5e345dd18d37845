import { lastStableStep } from "@interfuse/training";
import { type DemoContext, demoRecipe } from "../demo-context.ts";
import { fitSteps, roundSteps } from "../fit-steps.ts";
import type { Stage } from "../stage.ts";
import { StepTimes } from "../step-times.ts";
import { trainDemoModel } from "../train-demo-model.ts";
import type { Plan } from "./plan-stage.ts";

/** The parts of a run after which the number of its steps is planned again, and the share of the planned steps that each ends at. */
const PARTS = { beginning: 0.15, middle: 0.5 };

/**
 * Trains a part of the planned steps, then fits their number to the time once more: the plan rests on few steps, and the
 * speed of a machine changes. Trains none when the number was given, or is so small that its warm-up depends on it.
 */
export function replanningStage(
  name: keyof typeof PARTS,
  context: DemoContext,
  { plan, isFixed, secondsLeft }: { plan: Plan; isFixed: boolean; secondsLeft: () => number },
): Stage<Plan> {
  const { seed, backend, log, scale } = context;
  const { steps, stepsMade, secondsPerStep, evaluationSeconds } = plan;
  const { schedule } = scale.recipe;
  const hasWholeWarmup = (numSteps: number) =>
    demoRecipe(context, numSteps).schedule.warmupSteps === schedule.warmupSteps;
  const until = Math.max(stepsMade, roundSteps(Math.min(steps * PARTS[name], lastStableStep(schedule, steps))));
  return {
    name,
    inputs: { seed, steps, isFixed, precision: backend.precision },
    outputs: name === "beginning" ? ["model"] : [],
    run: async () => {
      if (isFixed || until === 0 || !hasWholeWarmup(steps)) return plan;
      const times = new StepTimes();
      await trainDemoModel(context, steps, { until, reporters: [times] });
      const measured = times.mean() ?? secondsPerStep;
      // Of two measurements the slower: a machine that has just become faster may become slower again.
      const step = Math.max(secondsPerStep, measured);
      let fitted = until + fitSteps(secondsLeft(), { step, evaluation: evaluationSeconds });
      // What was trained must also be the beginning of the shorter run.
      while (lastStableStep(schedule, fitted) < until || !hasWholeWarmup(fitted)) fitted = roundSteps(fitted + 50);
      log(
        `  counting on ${(1000 * step).toFixed(0)} ms a step: ${fitted} steps fit (repeat exactly with --steps ${fitted} --seed ${seed})`,
      );
      return { steps: fitted, stepsMade: until, secondsPerStep: measured, evaluationSeconds };
    },
  };
}
