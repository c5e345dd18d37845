import { type Picture, parseCaption, renderScene, sampleSceneFor, sceneCases } from "@interfuse/data";
import { Generator } from "@interfuse/tensor";
import { expect, test } from "vitest";
import { evaluateScenes, type SceneResponder } from "./evaluate-scenes.ts";
import { formatScores } from "./format-scores.ts";

const SIZE = 32;
const cases = (["draw", "describe", "ask", "edit"] as const).flatMap((task) => sceneCases(task, { count: 12 }));
const key = (picture: Picture) => Buffer.from(picture.data).toString("base64");

/** Draws by the renderer and looks up the rest: right in everything. */
function knowing(): SceneResponder {
  const generator = new Generator(1, "knowing");
  const answers = new Map<string, string>();
  const results = new Map<string, Picture>();
  for (const one of cases) {
    const shown = key(renderScene(one.scene, SIZE));
    if ("answer" in one) answers.set(one.task === "ask" ? shown + one.prompt : shown, one.answer);
    if (one.task === "edit") results.set(shown + one.prompt, renderScene(one.expected, SIZE));
  }
  return {
    draw: async (prompts) =>
      prompts.map((prompt) => {
        const caption = parseCaption(prompt.replace(/^draw /, ""));
        if (caption === undefined) throw new Error(`no caption: ${prompt}`);
        return renderScene(sampleSceneFor(caption, generator), SIZE);
      }),
    describe: async (pictures) => pictures.map((picture) => answers.get(key(picture)) ?? ""),
    ask: async (pictures, questions) => pictures.map((picture, i) => ` ${answers.get(key(picture) + questions[i])}\n`),
    edit: async (pictures, instructions) =>
      pictures.map((picture, i) => results.get(key(picture) + instructions[i]) ?? picture),
  };
}

test("one who knows everything has every case right", async () => {
  const progress: number[] = [];
  const { scores, outcomes } = await evaluateScenes(knowing(), cases, {
    size: SIZE,
    batchSize: 5,
    onProgress: (numDone) => progress.push(numDone),
  });
  expect(outcomes).toHaveLength(48);
  expect(progress.at(-1)).toBe(48);
  expect(scores.filter(({ accuracy }) => accuracy !== 1)).toEqual([]);
  expect(scores.filter(({ kind }) => kind === undefined).map(({ task }) => task)).toEqual([
    "draw",
    "describe",
    "ask",
    "edit",
  ]);
  expect(scores).toHaveLength(4 + 3 + 3 + 4 + 3);
});

test("one who always says and draws the same is right only by chance", async () => {
  const blank: Picture = renderScene({ objects: [] }, SIZE);
  const responder: SceneResponder = {
    draw: async (prompts) => prompts.map(() => blank),
    describe: async (pictures) => pictures.map(() => "a red circle "),
    ask: async (pictures) => pictures.map(() => "two"),
    edit: async (pictures) => [...pictures],
  };
  const { scores } = await evaluateScenes(responder, cases, { size: SIZE });
  const total = (task: string) => scores.find((score) => score.task === task && score.kind === undefined)?.numRight;
  expect(total("draw")).toBe(0);
  expect(total("edit")).toBe(0);
  expect(total("ask")).toBeLessThanOrEqual(3);
  expect(formatScores(scores).split("\n")[2]).toMatch(
    /^\| \*\*draw\*\* +\| 0 \/ 12 +\| 0\.0% +\| 0\.0% – 24\.\d% +\|$/,
  );
});

test("a responder that loses results is an error", async () => {
  const responder = { ...knowing(), draw: async () => [] };
  await expect(evaluateScenes(responder, cases, { size: SIZE })).rejects.toThrow(/0 results for 12 draw cases/);
});

test.each([0, -1, 2.5, Number.NaN])("a batch size of %d is refused, not run forever", async (batchSize) => {
  await expect(evaluateScenes(knowing(), cases, { size: SIZE, batchSize })).rejects.toThrow(/batchSize \(=/);
});
