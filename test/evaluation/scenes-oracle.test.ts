/** The oracle must read clean renders without a mistake, take mild noise, and refuse what is wrong. */
import {
  applyEdit,
  captionsOf,
  describeScene,
  editsOf,
  formatCaption,
  type Picture,
  renderScene,
  type Scene,
  type SceneObject,
  sampleCaption,
  sampleScene,
  sampleSceneFor,
} from "@interfuse/data";
import { isDrawnRight, isEditRight, readPicture } from "@interfuse/evaluation";
import { Generator } from "@interfuse/tensor";
import { expect, test } from "vitest";

const right = (scene: Scene, picture: Picture) =>
  captionsOf(scene).every((caption) => isDrawnRight(formatCaption(caption), picture)) && isEditRight(scene, picture);

/** Noise of standard deviation 8, edges softened by [1 6 1] / 8 both ways, and five specks of 2 x 1 pixels. */
function roughen(picture: Picture, generator: Generator): Picture {
  const { width, height } = picture;
  const soften = (data: Uint8Array, step: number) =>
    data.map((value, i) => (6 * value + (data[i - step * 3] ?? value) + (data[i + step * 3] ?? value)) / 8);
  const noise = generator.normalArray(picture.data.length);
  const soft = soften(soften(picture.data, 1), width);
  const data = soft.map((value, i) => Math.max(0, Math.min(255, value + 8 * (noise[i] as number))));
  for (let speck = 0; speck < 5; speck++) {
    const index = generator.integer(width * height - 1);
    data.fill(200, index * 3, index * 3 + 6);
  }
  return { width, height, data };
}

test.each([
  [32, "single"],
  [32, "relation"],
  [32, "count"],
  [64, "single"],
  [64, "relation"],
  [64, "count"],
] as const)("at %i pixels every clean %s is right by every caption that is true of it", (size, kind) => {
  const generator = new Generator(7, `${kind}${size}`);
  const numScenes = size === 32 ? 500 : 150;
  for (let i = 0; i < numScenes; i++) {
    const scene = sampleSceneFor(sampleCaption(kind, i % 2 === 0 ? "train" : "test", generator), generator);
    expect(right(scene, renderScene(scene, size)), JSON.stringify(scene)).toBe(true);
  }
});

test("it reads places and sizes to a fraction of a pixel", () => {
  const object = { colour: "green", shape: "circle", x: 12.3, y: 20.7, radius: 6.5 } as const;
  const [seen] = readPicture(renderScene({ objects: [object] }, 32));
  expect(seen).toMatchObject({ colour: "green", shape: "circle" });
  expect(Math.abs((seen?.x ?? 0) - 12.3)).toBeLessThan(0.05);
  expect(Math.abs((seen?.y ?? 0) - 20.7)).toBeLessThan(0.05);
  expect(Math.abs((seen?.radius ?? 0) - 6.5)).toBeLessThan(0.05);
});

test("noise, soft edges and specks of a generated picture do not mislead it", () => {
  const generator = new Generator(8, "noise");
  let numRight = 0;
  for (let i = 0; i < 600; i++) {
    const scene = sampleScene("train", generator);
    if (right(scene, roughen(renderScene(scene, 32), generator))) numRight++;
  }
  expect(numRight / 600).toBeGreaterThanOrEqual(0.98);
});

const at = (x: number, y: number, look: Partial<SceneObject> = {}): SceneObject => ({
  colour: "red",
  shape: "circle",
  radius: 5,
  x,
  y,
  ...look,
});
const blueSquare = at(24, 17, { colour: "blue", shape: "square" });
const draw = (...objects: SceneObject[]) => renderScene({ objects }, 32);

test.each([
  ["an extra object", "a red circle", draw(at(8, 8), at(24, 24, { colour: "green" }))],
  ["an extra equal object", "a red circle", draw(at(8, 8), at(24, 24))],
  ["nothing", "a red circle", draw()],
  ["a wrong colour", "a red circle", draw(at(16, 16, { colour: "orange" }))],
  ["a wrong shape", "a red circle", draw(at(16, 16, { shape: "square" }))],
  ["a wrong size", "a large red circle", draw(at(16, 16, { radius: 7 }))],
  ["a wrong size, the other way", "a small red circle", draw(at(16, 16, { radius: 7 }))],
  ["a wrong relation", "a red circle left of a blue square", draw(at(24, 17), { ...blueSquare, x: 7 })],
  ["the other axis", "a red circle above a blue square", draw(at(7, 16), blueSquare)],
  [
    "exchanged looks",
    "a red circle left of a blue square",
    draw(at(7, 16, { colour: "blue" }), { ...blueSquare, colour: "red" }),
  ],
  ["only one of two", "a red circle left of a blue square", draw(at(7, 16))],
  ["too few", "three red circles", draw(at(8, 8), at(24, 24))],
  ["too many", "two red circles", draw(at(6, 6), at(25, 25), at(25, 7))],
  ["one of another colour", "two red circles", draw(at(8, 8), at(24, 24, { colour: "purple" }))],
])("it refuses %s", (_, caption, picture) => {
  expect(isDrawnRight(caption, picture)).toBe(false);
});

test("it refuses a blob of two colours, whose mean is a third", () => {
  const picture = draw(at(16, 16, { shape: "square", colour: "purple", radius: 8 }));
  expect(isDrawnRight("a purple square", picture)).toBe(true);
  for (let i = 0; i < picture.data.length; i += 3) {
    if ((picture.data[i] as number) > 100) picture.data.set((i / 3) % 2 === 0 ? [220, 40, 40] : [50, 80, 220], i);
  }
  for (const colour of ["purple", "red", "blue"]) expect(isDrawnRight(`a ${colour} square`, picture)).toBe(false);
});

test("an edit is right only when what it does not name stays", () => {
  const scene = { objects: [at(7, 16), blueSquare] };
  const recoloured = { objects: [at(7, 16, { colour: "green" }), blueSquare] };
  expect(isEditRight(recoloured, renderScene(recoloured, 32))).toBe(true);
  expect(isEditRight(recoloured, draw(at(8.5, 14.5, { colour: "green" }), blueSquare))).toBe(true);
  const wrong: [string, Picture][] = [
    ["nothing done", renderScene(scene, 32)],
    ["other object moved", draw(at(7, 16, { colour: "green" }), { ...blueSquare, y: 21.5 })],
    ["other object gone", draw(at(7, 16, { colour: "green" }))],
    ["other object recoloured", draw(at(7, 16, { colour: "green" }), { ...blueSquare, colour: "cyan" })],
    ["other object reshaped", draw(at(7, 16, { colour: "green" }), { ...blueSquare, shape: "circle" })],
    ["an object more", draw(at(7, 16, { colour: "green" }), blueSquare, at(16, 5, { radius: 4 }))],
  ];
  for (const [name, picture] of wrong) expect(isEditRight(recoloured, picture), name).toBe(false);
});

test("every edit that is offered is right when rendered, and its starting picture is not", () => {
  const generator = new Generator(10, "edits");
  for (let i = 0; i < 150; i++) {
    const scene = sampleScene("train", generator);
    for (const kind of ["recolour", "remove", "exchange"] as const) {
      const [edit] = editsOf(scene, kind);
      if (edit === undefined) continue;
      const expected = applyEdit(scene, edit);
      expect(isEditRight(expected, renderScene(expected, 32)), JSON.stringify({ scene, edit })).toBe(true);
      expect(isEditRight(expected, renderScene(scene, 32)), JSON.stringify({ scene, edit })).toBe(false);
      if (kind === "exchange") {
        expect(isDrawnRight(formatCaption(describeScene(scene)), renderScene(expected, 32))).toBe(false);
      }
    }
  }
});

test("text that is not a caption, or a picture that is not square, is an error", () => {
  expect(() => isDrawnRight("a cat", draw())).toThrow(/"a cat"/);
  expect(() => readPicture({ width: 2, height: 1, data: new Uint8Array(6) })).toThrow(/square/);
});
