import { Generator, groupMoments, groupNorm, groupNormWith, type Precision, tf, useBackend } from "@interfuse/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClose } from "../ops/helpers.ts";
import { torchUnavailable } from "../support/torch-backend.ts";

const GROUPS = 3;
const CHANNELS = 12;
const OPTIONS = { groups: GROUPS, epsilon: 1e-3, activation: "silu" } as const;
const generator = new Generator(17, "group-moments");

// torch is left out, with a printed reason, only where its addon is not built; under CI=true that is a failure instead.
const backends: readonly (readonly ["wasm" | "torch", Precision])[] =
  (await torchUnavailable()) === undefined
    ? [
        ["wasm", "f32"],
        ["torch", "f32"],
        ["torch", "bf16"],
      ]
    : [["wasm", "f32"]];

describe.each(backends)("group norms by known moments on %s in %s", (backend, precision) => {
  beforeAll(async () => {
    await useBackend({ backend, precision, threads: 2 });
  });
  let numTensors = 0;
  beforeAll(() => {
    numTensors = tf.memory().numTensors;
  });
  afterAll(() => expect(tf.memory().numTensors).toBe(numTensors));

  const normal = (shape: number[]) => tf.tensor(generator.normalArray(tf.util.sizeFromShape(shape)), shape);

  it.each([
    [2, 3, 5],
    [1, 1, 1],
    [1, 97, 61],
  ])("a picture's own moments give its group norm: %i of %i x %i", (batch, height, width) => {
    tf.tidy(() => {
      const x = normal([batch, height, width, CHANNELS]).mul(2).add<tf.Tensor4D>(30);
      const [weight, bias] = [normal([CHANNELS]), normal([CHANNELS])];
      const moments = groupMoments(x, GROUPS);
      const expected = tf.moments(x.reshape([batch, height * width, GROUPS, CHANNELS / GROUPS]), [1, 3]);
      expectClose(moments.mean_BG.dataSync(), expected.mean.dataSync(), 1e-5);
      expectClose(moments.variance_BG.dataSync(), expected.variance.dataSync(), 1e-4);
      const y = groupNormWith(x, weight, bias, { ...OPTIONS, moments });
      expectClose(y.dataSync(), groupNorm(x, weight, bias, OPTIONS).dataSync(), precision === "f32" ? 1e-4 : 1e-2);
    });
  });

  it("refuses moments of other shapes, and groups that do not divide", () => {
    tf.tidy(() => {
      const x = normal([2, 2, 2, CHANNELS]) as tf.Tensor4D;
      const [weight, bias] = [normal([CHANNELS]), normal([CHANNELS])];
      const moments = groupMoments(x.slice([0, 0, 0, 0], [1, 2, 2, CHANNELS]), GROUPS);
      expect(() => groupNormWith(x, weight, bias, { ...OPTIONS, moments })).toThrow(
        /mean_BG \(shape \[1,3\]\).*\[2,3\]/,
      );
      expect(() => groupMoments(x, 5)).toThrow(/groupMoments: channels \(=12\) must be divisible by groups \(=5\)/);
    });
  });
});
