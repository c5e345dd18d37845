import { expect, test } from "vitest";
import { renderScene } from "./render-scene.ts";
import { COLOURS, SHAPE_NAMES, SHAPES } from "./world.ts";

const pixel = (picture: { width: number; data: Uint8Array }, x: number, y: number) => [
  ...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
];

test.each(SHAPE_NAMES)("a %s covers its area, at any size and place", (shape) => {
  for (const size of [32, 64, 100]) {
    for (const [x, y, radius] of [
      [16, 16, 8],
      [15.3, 17.8, 4.27],
    ] as const) {
      const { data } = renderScene({ objects: [{ colour: "white", shape, x, y, radius }] }, size);
      let area = 0;
      for (let i = 0; i < data.length; i += 3) area += ((data[i] as number) - 24) / (245 - 24);
      const expected = SHAPES[shape].area * ((radius * size) / 32) ** 2;
      expect(Math.abs(area / expected - 1)).toBeLessThan(0.01);
    }
  }
});

test("shapes stand where the scene says: a triangle points up", () => {
  const picture = renderScene({ objects: [{ colour: "red", shape: "triangle", x: 16, y: 16, radius: 10 }] }, 32);
  expect(pixel(picture, 16, 23)).toEqual([...COLOURS.red]);
  expect(pixel(picture, 8, 23)).toEqual([...COLOURS.red]);
  expect(pixel(picture, 8, 10)).toEqual([24, 24, 24]);
  expect(pixel(picture, 0, 0)).toEqual([24, 24, 24]);
});

test("a square with half-pixel edges has exact half tones", () => {
  // Half-side 0.9 · 5 = 4.5 around (16, 16): the edge pixels 11 and 20 are half covered.
  const picture = renderScene({ objects: [{ colour: "white", shape: "square", x: 16, y: 16, radius: 5 }] }, 32);
  expect(pixel(picture, 11, 16)[0]).toBe(Math.round(24 + (245 - 24) / 2));
  expect(pixel(picture, 12, 16)[0]).toBe(245);
});

test("an impossible size is refused", () => {
  expect(() => renderScene({ objects: [] }, 31.5)).toThrow(/size \(=31.5\)/);
});
