/** A model's figures on the scenes world: one answer a case, judged by the oracle or by exact match. */
import { type Picture, renderScene, type SceneCase, type SceneTaskName } from "@interfuse/data";
import { batchesOf } from "./batches.ts";
import { wilsonInterval } from "./metrics/wilson-interval.ts";
import { isDrawnRight, isEditRight } from "./scene-oracle/judge.ts";

/**
 * What is evaluated; a `Pipeline` is one as it is. Every method takes a batch and returns one result for each entry, in
 * order.
 */
export interface SceneResponder {
  draw(prompts: readonly string[]): Promise<Picture[]>;
  describe(pictures: readonly Picture[]): Promise<string[]>;
  ask(pictures: readonly Picture[], questions: readonly string[]): Promise<string[]>;
  edit(pictures: readonly Picture[], instructions: readonly string[]): Promise<Picture[]>;
}

/** One judged case: the model's output, and whether it is right. */
export type SceneOutcome = { readonly sceneCase: SceneCase; readonly isRight: boolean } & (
  | { readonly picture: Picture }
  | { readonly text: string }
);

/** A share of right cases with its 95% interval; `kind` is undefined for the whole task. */
export type SceneScore = {
  readonly task: SceneTaskName;
  readonly kind: string | undefined;
  readonly numCases: number;
  readonly numRight: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
};

export type SceneReport = {
  /** A row for each task, followed by a row for each of its kinds. */
  readonly scores: readonly SceneScore[];
  readonly outcomes: readonly SceneOutcome[];
};

export type EvaluateScenesOptions = {
  /** Side of the pictures in pixels. */
  readonly size: number;
  /** Cases given to the responder at once; default 32. */
  readonly batchSize?: number;
  readonly onProgress?: (numDone: number, numCases: number) => void;
};

/**
 * Runs every case once and judges it. Draw and edit: by the oracle. Describe and ask: the text must equal the one right
 * answer but for white space around it.
 *
 * @throws RangeError when there are no cases, or `batchSize` is not a whole number of at least 1; Error when the responder returns another number of results than asked for.
 */
export async function evaluateScenes(
  responder: SceneResponder,
  cases: readonly SceneCase[],
  { size, batchSize = 32, onProgress }: EvaluateScenesOptions,
): Promise<SceneReport> {
  if (cases.length === 0) throw new RangeError("evaluateScenes: cases is empty; it needs at least one");
  const outcomes: SceneOutcome[] = [];
  for (const task of new Set(cases.map((sceneCase) => sceneCase.task))) {
    const ofTask = cases.filter((sceneCase) => sceneCase.task === task);
    for (const batch of batchesOf("evaluateScenes", ofTask, batchSize)) {
      const results = await respond(responder, batch, { task, size });
      if (results.length !== batch.length) {
        throw new Error(
          `evaluateScenes: the responder gave ${results.length} results for ${batch.length} ${task} cases`,
        );
      }
      outcomes.push(...batch.map((sceneCase, index) => judge(sceneCase, results[index] as Picture | string)));
      onProgress?.(outcomes.length, cases.length);
    }
  }
  return { scores: scoresOf(outcomes), outcomes };
}

function respond(
  responder: SceneResponder,
  batch: readonly SceneCase[],
  { task, size }: { task: SceneTaskName; size: number },
): Promise<(Picture | string)[]> {
  const prompts = batch.map(({ prompt }) => prompt);
  if (task === "draw") return responder.draw(prompts);
  const pictures = batch.map(({ scene }) => renderScene(scene, size));
  if (task === "describe") return responder.describe(pictures);
  return task === "ask" ? responder.ask(pictures, prompts) : responder.edit(pictures, prompts);
}

function judge(sceneCase: SceneCase, result: Picture | string): SceneOutcome {
  if (typeof result === "string") {
    const isRight = "answer" in sceneCase && result.trim() === sceneCase.answer;
    return { sceneCase, isRight, text: result };
  }
  const isRight =
    sceneCase.task === "draw"
      ? isDrawnRight(sceneCase.caption, result)
      : sceneCase.task === "edit" && isEditRight(sceneCase.expected, result);
  return { sceneCase, isRight, picture: result };
}

function scoresOf(outcomes: readonly SceneOutcome[]): SceneScore[] {
  return [...new Set(outcomes.map(({ sceneCase }) => sceneCase.task))].flatMap((task) => {
    const ofTask = outcomes.filter(({ sceneCase }) => sceneCase.task === task);
    const kinds = [...new Set(ofTask.map(({ sceneCase }) => sceneCase.kind))].sort();
    return [
      scoreOf(task, undefined, ofTask),
      ...kinds.map((kind) =>
        scoreOf(
          task,
          kind,
          ofTask.filter(({ sceneCase }) => sceneCase.kind === kind),
        ),
      ),
    ];
  });
}

function scoreOf(task: SceneTaskName, kind: string | undefined, outcomes: readonly SceneOutcome[]): SceneScore {
  const numCases = outcomes.length;
  const numRight = outcomes.filter(({ isRight }) => isRight).length;
  return { task, kind, numCases, numRight, accuracy: numRight / numCases, ...wilsonInterval(numRight, numCases) };
}
