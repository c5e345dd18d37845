import { Generator } from "@interfuse/tensor";
import { expect, test } from "vitest";
import { formatCaption } from "./caption.ts";
import { describeScene } from "./describe-scene.ts";
import { sampleCaption, sampleScene, sampleSceneFor } from "./sample-scene.ts";
import { isWellPlaced, SHAPES, WORLD_SIZE } from "./world.ts";

test("a scene is described by the caption it was made for", () => {
  const generator = new Generator(1, "scenes");
  for (let i = 0; i < 1500; i++) {
    const kind = (["single", "relation", "count"] as const)[i % 3] as "single";
    const caption = sampleCaption(kind, i % 2 === 0 ? "train" : "test", generator);
    expect(formatCaption(describeScene(sampleSceneFor(caption, generator)))).toBe(formatCaption(caption));
  }
});

test("objects keep the rules of the world", () => {
  const generator = new Generator(2, "scenes");
  const seenCounts = new Set<number>();
  for (let i = 0; i < 1500; i++) {
    const scene = sampleScene("train", generator);
    const { objects } = scene;
    seenCounts.add(objects.length);
    expect(isWellPlaced(scene)).toBe(true);
    for (const { shape, x, y, radius } of objects) {
      expect(radius).toBeGreaterThanOrEqual(4);
      expect(radius).toBeLessThanOrEqual(10);
      expect(Math.min(Math.abs(radius - 6), Math.abs(radius - 8))).toBeGreaterThanOrEqual(0.4 - 1e-9);
      const { halfWidth, halfHeight } = SHAPES[shape];
      expect(Math.min(x - halfWidth * radius, y - halfHeight * radius)).toBeGreaterThanOrEqual(-1e-9);
      expect(Math.max(x + halfWidth * radius, y + halfHeight * radius)).toBeLessThanOrEqual(WORLD_SIZE + 1e-9);
    }
    const [a, b] = objects;
    if (a && b && a.colour !== b.colour) {
      const lead = Math.abs(Math.abs(a.x - b.x) - Math.abs(a.y - b.y));
      expect(lead).toBeGreaterThanOrEqual(3);
    }
  }
  expect([...seenCounts].sort()).toEqual([1, 2, 3, 4]);
});

test("the same seed gives the same scenes", () => {
  const scenes = () => {
    const generator = new Generator(9, "scenes");
    return Array.from({ length: 20 }, () => sampleScene("train", generator));
  };
  expect(scenes()).toEqual(scenes());
});

test("a scene that is not of this world has no description", () => {
  expect(() => describeScene({ objects: [] })).toThrow(/no objects/);
  const object = { colour: "red", shape: "circle", x: 8, y: 8, radius: 5 } as const;
  expect(() => describeScene({ objects: [object, { ...object, x: 24, shape: "square" }] })).toThrow(/differ/);
});
