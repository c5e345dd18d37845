import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { FiniteScalarQuantizer } from "./finite-scalar-quantizer.ts";
import { LookupFreeQuantizer } from "./lookup-free-quantizer.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

describe("FiniteScalarQuantizer", () => {
  it("keeps the codes of the paper: -1 to 1 - 2/L for even L, -1 to 1 for odd L, first channel fastest", () => {
    const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [4, 3] });
    const all = quantizer.indicesToCodes(tf.range(0, 12, 1, "int32")).arraySync() as number[][];
    expect(all.slice(0, 5)).toEqual([
      [-1, -1],
      [-0.5, -1],
      [0, -1],
      [0.5, -1],
      [-1, 0],
    ]);
    expect(all.at(-1)).toEqual([0.5, 1]);
  });

  it("has the published bounds, which agree on all but a few in a thousand inputs", () => {
    const z = tf.linspace(-4, 4, 100_001).expandDims(1);
    for (const [levels, agreement] of [
      [8, 0.998],
      [5, 0.9993],
    ] as const) {
      const [narrow, wide] = (["narrow", "wide"] as const).map((bound) =>
        new FiniteScalarQuantizer({ type: "finite-scalar", levels: [levels], bound }).quantize(z).indices.dataSync(),
      );
      const equal = narrow!.filter((index, i) => index === wide![i]).length / 100_001;
      expect(equal).toBeGreaterThan(agreement - 0.0005);
      expect(equal).toBeLessThan(1);
    }
  });

  it.each(["narrow", "wide"] as const)("reaches the first and the last of as many levels as it takes (%s)", (bound) => {
    for (const level of [3, 4, 999, 1000]) {
      const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [level], bound });
      const { indices } = quantizer.quantize(tf.tensor2d([-1e9, 1e9], [2, 1]));
      expect([...indices.dataSync()]).toEqual([0, level - 1]);
    }
  });

  it("names both values of what does not fit, and frees everything", () => {
    const quantizer = new FiniteScalarQuantizer({ type: "finite-scalar", levels: [8, 6, 5] });
    expect(quantizer.state().size).toBe(0);
    expect(() => quantizer.quantize(tf.zeros([2, 4]))).toThrow("must end in the quantizer's dim (=3)");
    expect(() => quantizer.quantize(tf.fill([2, 3], Number.NaN))).toThrow("latents[0] (=NaN)");
    expect(() => quantizer.indicesToCodes(tf.tensor1d([240], "int32"))).toThrow("(=240) must lie in [0, 240)");
    const z = tf.tensor2d(new Generator(1).normalArray(30), [10, 3]);
    const numTensors = tf.memory().numTensors;
    tf.dispose(quantizer.quantize(z));
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("LookupFreeQuantizer", () => {
  it("reads the first channel as the highest bit, and 0 as no", () => {
    const quantizer = new LookupFreeQuantizer({ type: "lookup-free", dim: 3 });
    const { codes, indices } = quantizer.quantize(tf.tensor2d([3, -1, 0.1, 0, 0, 2], [2, 3]));
    expect([...indices.dataSync()]).toEqual([5, 1]);
    expect([...codes.dataSync()]).toEqual([1, -1, 1, -1, -1, 1]);
  });

  it("names both values of what does not fit", () => {
    const quantizer = new LookupFreeQuantizer({ type: "lookup-free", dim: 3, useL2Norm: true });
    expect(() => quantizer.quantize(tf.zeros([2, 4]))).toThrow("must end in the quantizer's dim (=3)");
    expect(() => quantizer.quantize(tf.fill([2, 3], Number.NaN))).toThrow("latents[0] (=NaN)");
    expect(() => quantizer.indicesToCodes(tf.tensor1d([8], "int32"))).toThrow("(=8) must lie in [0, 8)");
  });
});
