import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadPicture } from "../files/decode-picture.ts";
import { readSceneCases } from "./read-scene-cases.ts";
import { renderScene } from "./render-scene.ts";
import { sceneCases } from "./scene-cases.ts";
import { SCENE_TASK_NAMES } from "./scene-task.ts";
import { writeScenes } from "./write-scenes.ts";

const folder = await mkdtemp(join(tmpdir(), "interfuse-cases-"));
afterAll(() => rm(folder, { recursive: true }));

test("test cases come back from disk as they were made, and their pictures are on disk", async () => {
  const path = join(folder, "scenes");
  await writeScenes(path, { size: 64, numScenes: 3, numCasesPerTask: 8, seed: 4 });
  const { cases, size } = await readSceneCases(path);
  expect(size).toBe(64);
  expect(cases).toEqual(SCENE_TASK_NAMES.flatMap((task) => sceneCases(task, { count: 8 })));
  const edit = cases.find(({ task }) => task === "edit");
  if (edit?.task !== "edit") throw new Error("there are edits");
  const file = (name: string) => join(path, "test", "images", edit.id.slice(0, -3), name);
  expect(await loadPicture(file(`${edit.id}.png`))).toEqual(renderScene(edit.scene, 64));
  expect(await loadPicture(file(`${edit.id}-edited.png`))).toEqual(renderScene(edit.expected, 64));
});

test("what is no scenes dataset is an error", async () => {
  await expect(readSceneCases(join(folder, "none"))).rejects.toThrow(/no test cases.*interfuse data make scenes/);
  await writeScenes(join(folder, "other"), { numScenes: 1, numCasesPerTask: 1 });
  await writeFile(
    join(folder, "other", "test", "chat.jsonl"),
    '{"id":"1","messages":[{"role":"user","content":"hi"}]}',
  );
  await expect(readSceneCases(join(folder, "other"))).rejects.toThrow(/row "1".*not a case of the scenes world/);
  await expect(writeScenes(join(folder, "other"))).rejects.toThrow(/not empty/);
  await expect(writeScenes(join(folder, "zero"), { numScenes: 0 })).rejects.toThrow(/numScenes \(=0\)/);
});
