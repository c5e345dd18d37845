/** How long a training step and the evaluation take on this machine, measured with a model that is thrown away. */
import { readSceneCases, SCENE_TASK_NAMES } from "@interfuse/data";
import { evaluateScenes } from "@interfuse/evaluation";
import { Pipeline } from "@interfuse/pipeline";
import { Generator } from "@interfuse/tensor";
import { median, type StepEvent, Trainer } from "@interfuse/training";
import { type ModelParts, openModelParts } from "../model/model-parts.ts";
import { modelTask } from "../model/model-task.ts";
import { openRows } from "../model/train-model.ts";
import type { ModelRecipe } from "../recipes/model-recipe.ts";
import { makeOptimizer } from "../run/make-optimizer.ts";
import { sceneResponder } from "../scene-responder.ts";
import { type DemoContext, demoPaths, demoRecipe } from "./demo-context.ts";
import type { MeasuredTimes } from "./fit-steps.ts";

/** Processors and thread pools need some seconds until their speed is what it will be. */
const WARM_UP_SECONDS = 5;
const NUM_TIMED_STEPS = 8;
/** Cases of each task that the evaluation is timed on. */
const NUM_TIMED_CASES = 16;

/** Times of a run of the demo's recipe on its scenes, which must be there. */
export async function measureTimes(context: DemoContext): Promise<MeasuredTimes> {
  const { scenes, textTokenizer } = demoPaths(context.out);
  const recipe = demoRecipe(context, 1000);
  const data = await context.openScenes();
  const parts = await openModelParts({ recipe, data, textTokenizer, log: () => undefined });
  const step = await timeStep(parts, recipe);
  const evaluation = await timeEvaluation(parts, scenes);
  parts.model.dispose();
  parts.textTokenizer.dispose();
  return { step, evaluation };
}

/** Median seconds of a step, after a warm-up. */
async function timeStep(parts: ModelParts, recipe: ModelRecipe): Promise<number> {
  const optimizer = makeOptimizer(parts.model.parameters(), recipe.optimizer);
  const trainer = new Trainer({
    task: modelTask(parts.model, recipe.lossWeights),
    batches: openRows(parts, recipe),
    optimizer,
    schedule: () => 1,
    learningRate: recipe.learningRate,
    totalSteps: Number.MAX_SAFE_INTEGER,
    gradientAccumulation: recipe.batch.gradientAccumulation,
    averageDecay: recipe.averageDecay ?? undefined,
    generator: new Generator(recipe.seed, "timing"),
    config: {},
  });
  const timed: StepEvent[] = [];
  const start = performance.now();
  for await (const event of trainer.run()) {
    if (event.type !== "step" || performance.now() - start < WARM_UP_SECONDS * 1000) continue;
    timed.push(event);
    if (timed.length === NUM_TIMED_STEPS) break;
  }
  trainer.dispose();
  optimizer.dispose();
  return median(timed.map(({ seconds }) => seconds));
}

/** Seconds of the whole evaluation, from a few cases of each task. */
async function timeEvaluation(parts: ModelParts, scenes: string): Promise<number> {
  const { cases, size } = await readSceneCases(scenes);
  const few = SCENE_TASK_NAMES.flatMap((task) =>
    cases.filter((sceneCase) => sceneCase.task === task).slice(0, NUM_TIMED_CASES),
  );
  const start = performance.now();
  await evaluateScenes(sceneResponder(new Pipeline(parts), { seed: 0 }), few, { size, batchSize: NUM_TIMED_CASES });
  return (((performance.now() - start) / 1000) * cases.length) / few.length;
}
