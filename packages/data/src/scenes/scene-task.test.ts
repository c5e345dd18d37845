import { Generator } from "@interfuse/tensor";
import { expect, test } from "vitest";
import { applyEdit, editsOf, formatEdit } from "./edits.ts";
import { questionsAbout } from "./questions.ts";
import { sampleScene } from "./sample-scene.ts";
import { sceneCases } from "./scene-cases.ts";
import { editTask, SCENE_TASK_NAMES, sceneMessages } from "./scene-task.ts";
import { isWellPlaced, type Scene } from "./world.ts";

const pair: Scene = {
  objects: [
    { colour: "red", shape: "circle", x: 7, y: 16, radius: 5 },
    { colour: "blue", shape: "square", x: 24, y: 18, radius: 5 },
  ],
};
const twins: Scene = {
  objects: [
    { colour: "red", shape: "circle", x: 7, y: 16, radius: 5 },
    { colour: "red", shape: "circle", x: 24, y: 18, radius: 5 },
  ],
};

test("questions name only what is unique", () => {
  const asked = questionsAbout(pair).map(({ question, answer }) => `${question} ${answer}`);
  expect(asked).toEqual([
    "how many shapes are there? two",
    "what colour is the circle? red",
    "what shape is red? circle",
    "where is the red circle? left of the blue square",
    "what colour is the square? blue",
    "what shape is blue? square",
    "where is the blue square? right of the red circle",
  ]);
  expect(questionsAbout(twins).map(({ question }) => question)).toEqual(["how many shapes are there?"]);
});

test("edits change what they name and nothing else", () => {
  const byText = new Map(
    (["recolour", "remove", "exchange"] as const).flatMap((kind) =>
      editsOf(pair, kind).map((edit) => [formatEdit(edit), applyEdit(pair, edit)] as const),
    ),
  );
  expect(byText.size).toBe(12 + 2 + 2);
  expect(byText.get("make the red circle green")?.objects[0]).toEqual({ ...pair.objects[0], colour: "green" });
  expect(byText.has("make the red circle blue")).toBe(false);
  expect(byText.get("remove the red circle")?.objects).toEqual([pair.objects[1]]);
  expect(byText.get("swap the red circle and the blue square")?.objects).toEqual([
    { ...pair.objects[0], x: 24, y: 18 },
    { ...pair.objects[1], x: 7, y: 16 },
  ]);
  expect(editsOf(twins, "remove")).toEqual([]);
});

test("results of edits are scenes of this world", () => {
  const generator = new Generator(1, "edits");
  for (let i = 0; i < 500; i++) {
    const task = editTask(sampleScene("train", generator), generator, { split: "train" });
    if (task?.task === "edit") expect(isWellPlaced(task.expected)).toBe(true);
  }
});

test("an exchange that would push an object out of the picture is not offered", () => {
  const scene: Scene = {
    objects: [
      { colour: "red", shape: "circle", x: 4.5, y: 16, radius: 4.5 },
      { colour: "blue", shape: "circle", x: 20, y: 16, radius: 7 },
    ],
  };
  expect(editsOf(scene, "exchange")).toEqual([]);
});

test.each(SCENE_TASK_NAMES)("%s: 200 cases, each kind among them, the same every time", (task) => {
  const cases = sceneCases(task, { count: 200 });
  const kinds = [...new Set(cases.map(({ kind }) => kind))];
  expect(kinds).toHaveLength(task === "ask" ? 4 : 3);
  for (const kind of kinds) expect(cases.filter((one) => one.kind === kind).length).toBeGreaterThanOrEqual(50);
  expect(sceneCases(task, { count: 10 })).toEqual(cases.slice(0, 10));
});

test("a task that there is not is named", () => {
  expect(() => sceneCases("draws" as "draw")).toThrow('task (="draws") must be one of draw, describe, ask, edit');
});

test("conversations have the picture before the text, and end with the answer", () => {
  const shape = (task: (typeof SCENE_TASK_NAMES)[number]) => {
    const [first] = sceneCases(task, { count: 1 });
    if (first === undefined) throw new Error("one case was asked for");
    return sceneMessages(first, 32).map(
      ({ role, content }) => `${role}: ${content.map(({ type }) => type).join(", ")}`,
    );
  };
  expect(shape("draw")).toEqual(["user: text", "assistant: image"]);
  expect(shape("describe")).toEqual(["user: image, text", "assistant: text"]);
  expect(shape("ask")).toEqual(["user: image, text", "assistant: text"]);
  expect(shape("edit")).toEqual(["user: image, text", "assistant: image"]);
});
