import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { nearestCodes } from "./nearest.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

describe("nearestCodes", () => {
  it("takes the first of equal codes, by distance and by cosine", () => {
    const vectors = tf.tensor2d([1, 0, 0, 3], [2, 2]);
    const codes = tf.tensor2d([-1, 0, 0, 2, 1, 0, 1, 0, 0, 9], [5, 2]);
    expect([...nearestCodes(vectors, codes).dataSync()]).toEqual([2, 1]);
    expect([...nearestCodes(vectors, codes, { by: "cosine" }).dataSync()]).toEqual([2, 1]);
  });

  it("holds a few chunks of scores at most, and leaks nothing", async () => {
    const generator = new Generator(1);
    const vectors = tf.tensor2d(generator.normalArray(2 ** 14), [2 ** 14, 1]);
    const codes = tf.tensor2d(generator.normalArray(2 ** 10), [2 ** 10, 1]);
    const numTensors = tf.memory().numTensors;
    const { peakBytes, result } = await tf.profile(() => nearestCodes(vectors, codes));
    expect(peakBytes).toBeLessThan(20 * 2 ** 20); // All scores together are 64 MiB.
    expect((result as tf.Tensor).shape).toEqual([2 ** 14]);
    expect(tf.memory().numTensors - numTensors).toBe(1);
  });
});
