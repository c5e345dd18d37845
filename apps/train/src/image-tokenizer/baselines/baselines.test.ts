import type { Picture } from "@interfuse/image-tokenizer";
import { Generator, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { pooledPsnr } from "../pooled-psnr.ts";
import { fitPatchCodebook, nearestPatches } from "./k-means.ts";
import { cutPatches, joinPatches } from "./patches.ts";
import { blockMeans, pooled } from "./pooling.ts";
import { fitComponents, projectPatches } from "./principal-components.ts";
import { scoreBaselines } from "./score-baselines.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

function noise(width: number, height: number, seed = 1): Picture {
  const generator = new Generator(seed);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => generator.integer(256)) };
}

describe("patches", () => {
  it("are rows of a picture's squares, and make the picture again", () => {
    const pictures = [noise(8, 4, 1), noise(4, 4, 2)];
    const patches = cutPatches(pictures, 2);
    expect(patches.dim).toBe(12);
    expect(patches.values[12] as number).toBeCloseTo((pictures[0]?.data[6] as number) / 127.5 - 1, 6);
    expect(joinPatches(patches, pictures, 2)).toEqual(pictures);
  });
});

describe("pooling", () => {
  it("gives means of blocks, blended between their middles", () => {
    const picture = { width: 4, height: 1, data: Uint8Array.of(0, 0, 0, 20, 20, 20, 110, 0, 0, 110, 0, 0) };
    expect([...blockMeans(picture, 2).data.filter((_, i) => i % 3 === 0)]).toEqual([10, 10, 110, 110]);
    expect([...pooled(picture, 2).data.filter((_, i) => i % 3 === 0)]).toEqual([10, 35, 85, 110]);
  });
});

describe("principal components", () => {
  it("find the directions that patches were made of", async () => {
    const generator = new Generator(5);
    const directions = [generator.normalArray(12), generator.normalArray(12)];
    const values = new Float32Array(200 * 12);
    for (let row = 0; row < 200; row++) {
      const weights = [generator.normal(), 0.5 * generator.normal()];
      for (let i = 0; i < 12; i++) {
        values[row * 12 + i] =
          0.3 + directions.reduce((sum, direction, k) => sum + (weights[k] as number) * (direction[i] as number), 0);
      }
    }
    const patches = { values, dim: 12 };
    const both = projectPatches(patches, await fitComponents(patches, 2)).values;
    both.forEach((value, i) => {
      expect(Math.abs(value - (values[i] as number))).toBeLessThan(1e-3);
    });
    const one = projectPatches(patches, await fitComponents(patches, 1)).values;
    expect(one.some((value, i) => Math.abs(value - (values[i] as number)) > 0.1)).toBe(true);
  });
});

describe("a codebook of patches", () => {
  it("is exact when there are as many codes as different patches", async () => {
    const tiles = [10, 90, 200].map((value) => ({ width: 2, height: 2, data: new Uint8Array(12).fill(value) }));
    const patches = cutPatches([...tiles, ...tiles, ...tiles], 2);
    const codebook = fitPatchCodebook(patches, 3);
    const nearest = await nearestPatches(patches, codebook);
    nearest.values.forEach((value, i) => {
      expect(Math.abs(value - (patches.values[i] as number))).toBeLessThan(1e-5);
    });
    codebook.dispose();
  });
});

describe("scoreBaselines", () => {
  it("scores all of them on held-out pictures", async () => {
    const training = Array.from({ length: 8 }, (_, seed) => noise(8, 8, seed));
    const heldOut = [noise(8, 8, 99)];
    const scores = await scoreBaselines(training, heldOut, { downsampling: 4, numComponents: 6, numCodes: 1000 });
    expect(scores.patchCodebook.numCodes).toBe(32);
    expect(scores.patchComponents).toMatchObject({ numComponents: 6 });
    const flat = heldOut.map((picture) => blockMeans(picture, 8));
    expect(scores.meanColour).toBe(pooledPsnr(heldOut, flat));
    for (const psnr of [scores.pooling, scores.patchComponents.psnr, scores.patchCodebook.psnr]) {
      expect(psnr).toBeGreaterThan(5);
      expect(psnr).toBeLessThan(20);
    }
  });
});
