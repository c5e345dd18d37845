/** The chat tasks on scenes: draw, describe, ask, edit, each a short conversation with one right outcome. */
import type { Picture } from "@interfuse/image-tokenizer";
import type { Generator } from "@interfuse/tensor";
import type { Message } from "@interfuse/text-tokenizer";
import { type CaptionKind, formatCaption } from "./caption.ts";
import { captionsOf, describeScene } from "./describe-scene.ts";
import { applyEdit, EDIT_KINDS, type EditKind, editsOf, formatEdit } from "./edits.ts";
import { isHeldOutScene } from "./held-out.ts";
import { type QuestionKind, questionsAbout } from "./questions.ts";
import { renderScene } from "./render-scene.ts";
import { choose, type Split } from "./sample-scene.ts";
import type { Scene } from "./world.ts";

/** What a user writes to have a picture described. */
export const DESCRIBE_PROMPT = "describe the picture";

/** The four tasks on scenes. */
export type SceneTaskName = "draw" | "describe" | "ask" | "edit";
export const SCENE_TASK_NAMES: readonly SceneTaskName[] = ["draw", "describe", "ask", "edit"];

/**
 * One task on one scene: `prompt` is the user's text. Draw: `scene` is one picture that `caption` describes. Describe,
 * ask: `answer` is the one right text. Edit: `expected` is the scene afterwards.
 */
export type SceneTask =
  | { task: "draw"; kind: CaptionKind; prompt: string; caption: string; scene: Scene }
  | { task: "describe"; kind: CaptionKind; prompt: string; answer: string; scene: Scene }
  | { task: "ask"; kind: QuestionKind; prompt: string; answer: string; scene: Scene }
  | { task: "edit"; kind: EditKind; prompt: string; scene: Scene; expected: Scene };

/** Draw: any true caption, by itself or after "draw ". */
export function drawTask(scene: Scene, generator: Generator): SceneTask {
  const chosen = choose(captionsOf(scene), generator);
  const caption = formatCaption(chosen);
  return {
    task: "draw",
    kind: chosen.kind,
    prompt: generator.integer(2) === 0 ? `draw ${caption}` : caption,
    caption,
    scene,
  };
}

/** Describe: the one right description. */
export function describeTask(scene: Scene): SceneTask {
  const caption = describeScene(scene);
  return { task: "describe", kind: caption.kind, prompt: DESCRIBE_PROMPT, answer: formatCaption(caption), scene };
}

/** Ask: every question that the scene allows. */
export function allAskTasks(scene: Scene): SceneTask[] {
  return questionsAbout(scene).map(({ kind, question, answer }) => ({
    task: "ask",
    kind,
    prompt: question,
    answer,
    scene,
  }));
}

/** Ask: a random question of a kind, or undefined when the scene has none. */
export function askTask(scene: Scene, generator: Generator, kind: QuestionKind): SceneTask | undefined {
  const candidates = allAskTasks(scene).filter((task) => task.kind === kind);
  return candidates.length === 0 ? undefined : choose(candidates, generator);
}

/**
 * Edit: a random edit of a kind (any kind when not given), or undefined when the scene allows none. In the train split
 * an edit whose result is held out counts as not allowed.
 */
export function editTask(
  scene: Scene,
  generator: Generator,
  { split, kind }: { split: Split; kind?: EditKind },
): SceneTask | undefined {
  const byKind = (kind === undefined ? EDIT_KINDS : [kind])
    .map((name) => editsOf(scene, name).filter((edit) => split === "test" || !isHeldOutScene(applyEdit(scene, edit))))
    .filter((edits) => edits.length > 0);
  if (byKind.length === 0) return undefined;
  const edit = choose(choose(byKind, generator), generator);
  return { task: "edit", kind: edit.kind, prompt: formatEdit(edit), scene, expected: applyEdit(scene, edit) };
}

/** The picture that the user shows, if the task has one. */
export function promptScene(task: SceneTask): Scene | undefined {
  return task.task === "draw" ? undefined : task.scene;
}

/** The scene of the picture that the assistant answers with, if the task has one. */
export function answerScene(task: SceneTask): Scene | undefined {
  if (task.task === "draw") return task.scene;
  return task.task === "edit" ? task.expected : undefined;
}

/** The user's message of a task: the picture, if any, before the text. */
function scenePrompt(task: SceneTask, size: number): Message<Picture> {
  const shown = promptScene(task);
  const text = { type: "text", text: task.prompt } as const;
  const content = shown === undefined ? [text] : [{ type: "image", image: renderScene(shown, size) } as const, text];
  return { role: "user", content };
}

/** The whole conversation of a task, pictures rendered at `size`. */
export function sceneMessages(task: SceneTask, size: number): Message<Picture>[] {
  const drawn = answerScene(task);
  if (drawn !== undefined) {
    const image = renderScene(drawn, size);
    return [scenePrompt(task, size), { role: "assistant", content: [{ type: "image", image }] }];
  }
  const text = "answer" in task ? task.answer : "";
  return [scenePrompt(task, size), { role: "assistant", content: [{ type: "text", text }] }];
}
