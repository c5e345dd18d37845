import { directorySource, readSceneCases } from "@interfuse/data";
import { evaluateScenes } from "@interfuse/evaluation";
import { loadPipeline } from "@interfuse/pipeline";
import { trainModel } from "../../model/train-model.ts";
import { sceneResponder } from "../../scene-responder.ts";
import type { RunContext } from "../run-one.ts";
import { modelRecipe } from "../settings-of.ts";
import { StepTimes } from "../step-times.ts";
import type { ModelRun, Run } from "../study.ts";
import { readFigures, studyPaths } from "../study-folder.ts";

/** Numbers of steps that differ by a smaller share than this count as one. */
const NEGLIGIBLE = 0.03;

/**
 * Trains a model in the run's folder and has it draw held-out cases. Figures: `draw` and `draw: KIND` (shares that the oracle
 * calls right), `steps` and `stepSeconds`.
 */
export async function runModel(
  run: Run & ModelRun,
  { folder, log, signal }: RunContext,
): Promise<Record<string, number>> {
  const paths = studyPaths(folder);
  const given = modelRecipe(run);
  const steps = run.equalTime === null ? given.steps : await stepsForEqualTime(run.equalTime, folder);
  if (run.equalTime !== null && Math.abs(steps / given.steps - 1) < NEGLIGIBLE) {
    log(`${steps} steps for ${given.steps}: as good as ${run.equalTime.like}`);
    return readFigures(folder, run.equalTime.like);
  }
  const recipe = { ...given, steps };
  const times = new StepTimes(log);
  await trainModel({
    recipe,
    data: paths.data(run.data),
    out: paths.run(run.id),
    imageTokenizer: run.imageTokenizer === null ? undefined : paths.run(run.imageTokenizer),
    resume: "if-any",
    reporters: async () => [times],
    log,
    signal,
  });
  const { cases, size } = await readSceneCases(paths.data(run.data));
  const pipeline = await loadPipeline(directorySource(paths.run(run.id)));
  try {
    const drawn = cases
      .filter(({ task, kind }) => task === "draw" && run.drawn.some((name) => name === kind))
      .slice(0, run.numCases);
    const { scores } = await evaluateScenes(sceneResponder(pipeline, { seed: run.seed }), drawn, { size });
    return {
      ...Object.fromEntries(
        scores.map(({ task, kind, accuracy }) => [kind === undefined ? task : `${task}: ${kind}`, accuracy]),
      ),
      steps,
      ...times.figures(),
    };
  } finally {
    pipeline.dispose();
  }
}

/** As many steps as take the processor time that the slowest of the runs took for its own. */
async function stepsForEqualTime({ like, among }: NonNullable<ModelRun["equalTime"]>, folder: string): Promise<number> {
  const own = await readFigures(folder, like);
  const slowest = await Promise.all(among.map((id) => readFigures(folder, id)));
  const seconds = Math.max(...slowest.map(({ stepSeconds = 0, steps = 0 }) => stepSeconds * steps));
  return Math.round(seconds / (own.stepSeconds as number));
}
