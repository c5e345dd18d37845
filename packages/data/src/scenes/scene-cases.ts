/**
 * Held-out test cases: relations only from captions that are never trained on, other kinds by placements that training
 * has not seen. Kinds take turns, so every kind has its share of the cases.
 */
import { Generator } from "@interfuse/tensor";
import type { CaptionKind } from "./caption.ts";
import { EDIT_KINDS } from "./edits.ts";
import { QUESTION_KINDS, type QuestionKind } from "./questions.ts";
import { sampleCaption, sampleScene, sampleSceneFor } from "./sample-scene.ts";
import {
  askTask,
  describeTask,
  drawTask,
  editTask,
  SCENE_TASK_NAMES,
  type SceneTask,
  type SceneTaskName,
} from "./scene-task.ts";

/** A test case: a task with an id that stays the same for the same seed. */
export type SceneCase = { readonly id: string } & SceneTask;

/** Half the draw and describe cases are relations, the hard kind. */
const CAPTION_TURNS: readonly CaptionKind[] = ["relation", "single", "relation", "count"];

/**
 * The first `count` test cases of a task. More cases extend the list; they do not change its beginning.
 *
 * @throws RangeError when the task is unknown or count is not a positive whole number.
 */
export function sceneCases(task: SceneTaskName, { count = 200, seed = 0 } = {}): SceneCase[] {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`sceneCases: count (=${count}) must be a whole number of at least 1`);
  }
  if (!SCENE_TASK_NAMES.includes(task)) {
    throw new RangeError(`sceneCases: task (=${JSON.stringify(task)}) must be one of ${SCENE_TASK_NAMES.join(", ")}`);
  }
  const stream = new Generator(seed, "scenes/test").fork(task);
  return Array.from({ length: count }, (_, index) => ({
    id: `${task}-${String(index).padStart(5, "0")}`,
    ...sampleCase(task, index, stream.fork(index)),
  }));
}

function sampleCase(task: SceneTaskName, index: number, generator: Generator): SceneTask {
  if (task === "draw" || task === "describe") {
    const kind = CAPTION_TURNS[index % CAPTION_TURNS.length] as CaptionKind;
    const scene = sampleSceneFor(sampleCaption(kind, "test", generator), generator);
    return task === "draw" ? drawTask(scene, generator) : describeTask(scene);
  }
  for (;;) {
    const scene = sampleScene("test", generator);
    const found =
      task === "ask"
        ? askTask(scene, generator, QUESTION_KINDS[index % QUESTION_KINDS.length] as QuestionKind)
        : editTask(scene, generator, { split: "test", kind: EDIT_KINDS[index % EDIT_KINDS.length] });
    if (found !== undefined) return found;
  }
}
