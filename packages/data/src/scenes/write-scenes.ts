/** The scenes dataset on disk: `train/` and `test/`, each a chat dataset whose rows also carry their scene. */
import { join } from "node:path";
import { Generator } from "@interfuse/tensor";
import type { ChatPart, ChatRow } from "../chat-jsonl/chat-row.ts";
import { ChatWriter } from "../chat-jsonl/chat-writer.ts";
import { makeFolder } from "../files/make-folder.ts";
import { mapConcurrently } from "../map-concurrently.ts";
import { renderScene } from "./render-scene.ts";
import { sampleScene } from "./sample-scene.ts";
import { sceneCases } from "./scene-cases.ts";
import {
  allAskTasks,
  answerScene,
  describeTask,
  drawTask,
  editTask,
  promptScene,
  SCENE_TASK_NAMES,
  type SceneTask,
} from "./scene-task.ts";
import type { Scene } from "./world.ts";

/** What {@link writeScenes} writes. */
export type WriteScenesOptions = {
  /** Side of the pictures in pixels; default 32. */
  readonly size?: number;
  /** Scenes to train on; each gives a draw and a describe example, every question that it allows, and an edit where it allows one. Default 10,000. */
  readonly numScenes?: number;
  /** Test cases of each task; default 250. */
  readonly numCasesPerTask?: number;
  /** Random seed of the training scenes; the test cases are the same for every seed. Default 0. */
  readonly seed?: number;
  readonly onProgress?: (numWritten: number, numPictures: number) => void;
};

/** What {@link writeScenes} has written. */
export type WriteScenesReport = { numPictures: number; numTrainExamples: number; numTestCases: number };

/** Rows of one scene share its picture: a job is the pictures to write. */
type PictureJob = { writer: ChatWriter; file: string; scene: Scene };

/**
 * Writes the dataset into a new folder.
 *
 * @throws Error when the folder is not empty; RangeError when a number is out of range. Nothing half-made is left.
 */
export async function writeScenes(folder: string, options: WriteScenesOptions = {}): Promise<WriteScenesReport> {
  const { size = 32, numScenes = 10_000, numCasesPerTask = 250, seed = 0, onProgress } = options;
  if (!Number.isInteger(numScenes) || numScenes < 1) {
    throw new RangeError(`writeScenes: numScenes (=${numScenes}) must be a whole number of at least 1`);
  }
  const report = { numPictures: 0, numTrainExamples: 0, numTestCases: 0 };
  await makeFolder(folder, async (making) => {
    const train = new ChatWriter(join(making, "train"));
    const test = new ChatWriter(join(making, "test"));
    const jobs: PictureJob[] = [];
    const stream = new Generator(seed, "scenes/train");
    for (let index = 0; index < numScenes; index++) {
      const name = String(index).padStart(6, "0");
      const tasks = trainTasks(stream.fork(index));
      for (const [place, task] of tasks.entries()) {
        addTask({ writer: train, jobs, size }, `${task.task}-${name}-${place}`, { task, name });
      }
    }
    for (const name of SCENE_TASK_NAMES) {
      for (const { id, ...task } of sceneCases(name, { count: numCasesPerTask })) {
        addTask({ writer: test, jobs, size }, id, { task: task as SceneTask, name: id });
      }
    }
    let numWritten = 0;
    await mapConcurrently(jobs, async ({ writer, file, scene }) => {
      await writer.addPicture(file, renderScene(scene, size));
      onProgress?.(++numWritten, jobs.length);
    });
    await train.close();
    await test.close();
    report.numPictures = jobs.length;
    report.numTrainExamples = train.numRows;
    report.numTestCases = test.numRows;
  });
  return report;
}

function trainTasks(generator: Generator): SceneTask[] {
  const scene = sampleScene("train", generator);
  const tasks = [
    drawTask(scene, generator),
    describeTask(scene),
    ...allAskTasks(scene),
    editTask(scene, generator, { split: "train" }),
  ];
  return tasks.filter((task) => task !== undefined);
}

/** Adds a task's row, and its pictures unless an earlier task of the same scene did. `name` names the scene's picture. */
function addTask(
  { writer, jobs, size }: { writer: ChatWriter; jobs: PictureJob[]; size: number },
  id: string,
  { task, name }: { task: SceneTask; name: string },
): void {
  const pictureOf = (scene: Scene): ChatPart => {
    const file = `images/${name.slice(0, -3)}/${name}${scene === task.scene ? "" : "-edited"}.png`;
    if (jobs.at(-1)?.scene !== scene) jobs.push({ writer, file, scene });
    return { type: "image", file };
  };
  const shown = promptScene(task);
  const drawn = answerScene(task);
  const text: ChatPart = { type: "text", text: task.prompt };
  const row: ChatRow = {
    id,
    task: task.task,
    messages: [
      { role: "user", content: shown === undefined ? task.prompt : [pictureOf(shown), text] },
      { role: "assistant", content: drawn === undefined ? ("answer" in task ? task.answer : "") : [pictureOf(drawn)] },
    ],
    kind: task.kind,
    size,
    scene: task.scene,
  };
  if (task.task === "draw") row.caption = task.caption;
  if (task.task === "edit") row.expected = task.expected;
  writer.addRow(row);
}
