import { Generator } from "@interfuse/tensor";
import { expect, test } from "vitest";
import { fnv1a32 } from "../fnv1a.ts";
import { mirrorCaption, parseCaption } from "./caption.ts";
import { captionsOf } from "./describe-scene.ts";
import { isHeldOutCaption, isHeldOutScene } from "./held-out.ts";
import { sampleScene } from "./sample-scene.ts";
import { allAskTasks, answerScene, describeTask, drawTask, editTask } from "./scene-task.ts";
import { COLOUR_NAMES, SHAPE_NAMES } from "./world.ts";

test("FNV-1a gives the published values", () => {
  // Test vectors of draft-eastlake-fnv, appendix C.
  expect(fnv1a32("")).toBe(0x811c9dc5);
  expect(fnv1a32("a")).toBe(0xe40c292c);
  expect(fnv1a32("foobar")).toBe(0xbf9cf968);
});

test("about a tenth of the 1,008 relations are held out, each with its mirror", () => {
  let numHeldOut = 0;
  for (const a of COLOUR_NAMES) {
    for (const b of COLOUR_NAMES.filter((name) => name !== a)) {
      for (const [shapeA, shapeB] of SHAPE_NAMES.flatMap((first) => SHAPE_NAMES.map((second) => [first, second]))) {
        for (const relation of ["left of", "above"]) {
          const caption = parseCaption(`a ${a} ${shapeA} ${relation} a ${b} ${shapeB}`);
          if (caption?.kind !== "relation") throw new Error("a relation was expected");
          expect(isHeldOutCaption(mirrorCaption(caption))).toBe(isHeldOutCaption(caption));
          if (isHeldOutCaption(caption)) numHeldOut++;
        }
      }
    }
  }
  expect(numHeldOut).toBeGreaterThan(80);
  expect(numHeldOut).toBeLessThan(125);
});

test("no picture of a held-out caption is trained on, in any task, results of edits included", () => {
  const generator = new Generator(3, "held-out");
  let numEdits = 0;
  for (let i = 0; i < 4000; i++) {
    const scene = sampleScene("train", generator);
    const edit = editTask(scene, generator, { split: "train" });
    if (edit) numEdits++;
    for (const task of [drawTask(scene, generator), describeTask(scene), ...allAskTasks(scene), edit]) {
      if (task === undefined) continue;
      for (const shown of [task.scene, answerScene(task) ?? task.scene]) {
        expect(isHeldOutScene(shown)).toBe(false);
        expect(captionsOf(shown).some(isHeldOutCaption)).toBe(false);
      }
    }
  }
  expect(numEdits).toBeGreaterThan(2000);
});

test("test scenes with two objects are held out", () => {
  const generator = new Generator(4, "held-out");
  for (let i = 0; i < 500; i++) {
    const scene = sampleScene("test", generator);
    const isPair = captionsOf(scene)[0]?.kind === "relation";
    expect(isHeldOutScene(scene)).toBe(isPair);
  }
});
