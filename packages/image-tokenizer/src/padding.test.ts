import { tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { cropTo, padToMultiple } from "./padding.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

describe("padToMultiple", () => {
  it("repeats the last row and column, is undone by cropTo, and leaks nothing", () => {
    const pixels = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    const before = tf.memory().numTensors;
    const padded = padToMultiple(pixels, 2);
    expect(padded.shape).toEqual([1, 2, 4, 1]);
    expect([...padded.dataSync()]).toEqual([1, 2, 3, 3, 4, 5, 6, 6]);
    const cropped = cropTo(padded, { height: 2, width: 3 });
    expect(cropped.dataSync()).toEqual(pixels.dataSync());
    expect(tf.memory().numTensors - before).toBe(2);
  });

  it("refuses pictures smaller than the factor, and crops larger than the picture", () => {
    const pixels = tf.zeros<tf.Rank.R4>([1, 2, 9, 3]);
    expect(() => padToMultiple(pixels, 4)).toThrow("height (=2) must be at least the downsampling factor (=4)");
    expect(() => cropTo(pixels, { height: 2, width: 10 })).toThrow("2x10 is larger than the pixels, 2x9");
    for (const width of [0, -1, 1.5, Number.NaN]) {
      expect(() => cropTo(pixels, { height: 2, width })).toThrow(`width (=${width}) must be positive whole numbers`);
    }
  });
});
