import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { spreadRows } from "./spread-rows.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** 1000 times the same vector, then 20 others. */
const vectors = () =>
  tf.concat2d([tf.zeros([1000, 2]), tf.tensor2d(new Generator(1).normalArray(40), [20, 2]).add(3)], 0) as tf.Tensor2D;

const distinct = (rows: tf.Tensor2D) => new Set((rows.arraySync() as number[][]).map(String)).size;

describe("spreadRows", () => {
  it("draws a vector once, however often it is there", () => {
    const x = vectors();
    const numTensors = tf.memory().numTensors;
    const rows = spreadRows(x, 21, new Generator(2));
    expect(tf.memory().numTensors - numTensors).toBe(1);
    expect(distinct(rows)).toBe(21);
    expect(rows.dataSync()).toEqual(spreadRows(x, 21, new Generator(2)).dataSync());
    expect(rows.dataSync()).not.toEqual(spreadRows(x, 21, new Generator(3)).dataSync());
  });

  it("repeats rows when there are fewer vectors than are asked for, and draws several a round when many are", () => {
    expect(spreadRows(vectors(), 40, new Generator(2)).shape).toEqual([40, 2]);
    const many = tf.tensor2d(new Generator(4).normalArray(4000), [2000, 2]);
    const rows = spreadRows(many, 300, new Generator(2)); // 5 a round
    expect(rows.shape).toEqual([300, 2]);
    expect(distinct(rows)).toBeGreaterThan(290);
  });
});
