import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { Assignments } from "./assignments.ts";
import type { QuantizerConfigInput } from "./config.ts";
import { VectorQuantizer } from "./vector-quantizer.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const config: QuantizerConfigInput<"vector"> = { type: "vector", numCodes: 16, dim: 2 };

/** Latents far from where codebooks start. */
const farLatents = (seed: number) =>
  tf.tensor4d(new Generator(seed).normalArray(256), [2, 8, 8, 2]).add<tf.Tensor4D>(5);

function numUsed(quantizer: VectorQuantizer, latents: tf.Tensor): number {
  return new Set(quantizer.quantize(latents).indices.dataSync()).size;
}

/** One training step without an optimizer. */
function step(quantizer: VectorQuantizer, assignments: Assignments, seed: number): void {
  tf.tidy(() => {
    quantizer.quantizeForTraining(farLatents(seed), { generator: new Generator(seed), assignments });
  });
  quantizer.update(assignments, new Generator(seed));
}

describe("VectorQuantizer", () => {
  it.each(["gradient", "ema"] as const)(
    "revives dead codes (%s), the same ones from the same generator",
    (learning) => {
      const run = (revivalThreshold: number) => {
        const quantizer = new VectorQuantizer({ ...config, learning, revivalThreshold }, new Generator(1));
        const assignments = new Assignments();
        const numTensors = tf.memory().numTensors;
        for (let seed = 2; seed < 6; seed++) step(quantizer, assignments, seed);
        expect(tf.memory().numTensors).toBe(numTensors);
        return { quantizer, used: numUsed(quantizer, farLatents(9)) };
      };
      const [off, on, again] = [run(0), run(0.5), run(0.5)];
      expect(off.used).toBeLessThan(4);
      expect(on.used).toBeGreaterThan(12);
      for (const [name, variable] of on.quantizer.state()) {
        expect(variable.dataSync()).toEqual(again.quantizer.state().get(name)!.dataSync());
      }
    },
  );

  it("counts a revived code as if it just lived, and leaves the others alone", () => {
    const quantizer = new VectorQuantizer({ ...config, learning: "ema", revivalThreshold: 1.5 }, new Generator(1));
    const state = quantizer.state();
    // The first code has many vectors by its average, the others few.
    const sizes = Float32Array.from({ length: 16 }, (_, code) => (code === 0 ? 100 : 0));
    state.get("codebook.cluster_sizes")!.assign(tf.tensor1d(sizes));
    state.get("codebook.codes")!.assign(tf.tensor2d(new Float32Array(32).fill(-3).fill(5, 0, 2), [16, 2]));
    step(quantizer, new Assignments(), 2);
    const vectors = farLatents(2).reshape([-1, 2]).arraySync() as number[][];
    const codes = state.get("codebook.codes")!.arraySync() as number[][];
    for (const code of codes.slice(1)) expect(vectors).toContainEqual(code);
    expect(vectors).not.toContainEqual(codes[0]);
    expect([...state.get("codebook.cluster_sizes")!.dataSync()].slice(1)).toEqual(Array(15).fill(1.5));
    const sums = state.get("codebook.cluster_sums")!.arraySync() as number[][];
    expect(sums[3]![0]).toBeCloseTo(codes[3]![0]! * 1.5, 5);
  });

  it("revives no code in a step with too few vectors to tell the dead from the living", () => {
    const codes = (revivalThreshold: number) => {
      const quantizer = new VectorQuantizer({ ...config, learning: "ema", revivalThreshold }, new Generator(1));
      step(quantizer, new Assignments(), 2);
      return quantizer.state().get("codebook.codes")!.dataSync();
    };
    // A step has 128 vectors for 16 codes.
    expect(codes(8)).toEqual(codes(0));
    expect(codes(7)).not.toEqual(codes(0));
  });

  it.each([{ learning: "gradient" }, { learning: "ema" }, { learning: "ema", useL2Norm: true }] as const)(
    "starts from k-means: $learning, length 1: $useL2Norm",
    (changes) => {
      const quantizer = new VectorQuantizer({ ...config, ...changes }, new Generator(1));
      const latents = farLatents(2);
      const numTensors = tf.memory().numTensors;
      quantizer.startFrom(latents, new Generator(3));
      expect(tf.memory().numTensors).toBe(numTensors);
      expect(numUsed(quantizer, latents)).toBeGreaterThan(12);
      // The averages agree with the codes: an update with the same latents hardly moves those that k-means has settled.
      const before = quantizer.state().get("codebook.codes")!.arraySync() as number[][];
      const assignments = new Assignments();
      step(quantizer, assignments, 2);
      const after = quantizer.state().get("codebook.codes")!.arraySync() as number[][];
      const moved = before.map((code, k) => Math.hypot(...code.map((x, i) => x - after[k]![i]!)));
      expect(Math.max(...moved)).toBeLessThan(0.2);
    },
  );

  it("quantizes any leading axes, and frees everything else", () => {
    const quantizer = new VectorQuantizer(config, new Generator(1));
    const latents = tf.ones([3, 2]);
    const numTensors = tf.memory().numTensors;
    const { codes, indices } = quantizer.quantize(latents);
    expect([codes.shape, indices.shape]).toEqual([[3, 2], [3]]);
    expect(tf.memory().numTensors - numTensors).toBe(2);
    expect(quantizer.indicesToCodes(tf.tensor3d([1, 2, 3, 4], [1, 2, 2], "int32")).shape).toEqual([1, 2, 2, 2]);
  });

  it("frees assignments that no update took", () => {
    const quantizer = new VectorQuantizer({ ...config, learning: "ema" }, new Generator(1));
    const assignments = new Assignments();
    const numTensors = tf.memory().numTensors;
    tf.tidy(() => {
      quantizer.quantizeForTraining(farLatents(1), { generator: new Generator(1), assignments });
    });
    expect(tf.memory().numTensors).toBeGreaterThan(numTensors);
    assignments.dispose();
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it("names both values of what does not fit", () => {
    const quantizer = new VectorQuantizer({ ...config, learning: "ema" }, new Generator(1));
    const wrongWidth = "latents (shape [2,3]) must end in the quantizer's dim (=2)";
    expect(() => quantizer.quantize(tf.zeros([2, 3]))).toThrow(wrongWidth);
    expect(() => quantizer.quantizeForTraining(tf.zeros([2, 3]), { generator: new Generator(1) })).toThrow(wrongWidth);
    expect(() => quantizer.startFrom(tf.zeros([2, 3]), new Generator(1))).toThrow(wrongWidth);
    const broken = tf.tensor2d([1, 2, Number.NaN, 4], [2, 2]);
    expect(() => quantizer.quantize(broken)).toThrow("latents[2] (=NaN) must be finite, among 4 values");
    expect(() => quantizer.startFrom(broken.div(0), new Generator(1))).toThrow("latents[0] (=Infinity)");
    const indices = (...values: number[]) => tf.tensor1d(values, "int32");
    expect(() => quantizer.indicesToCodes(indices(3, 16))).toThrow("indices[1] (=16) must lie in [0, 16)");
    expect(() => quantizer.indicesToCodes(indices(-1))).toThrow("indices[0] (=-1) must lie in [0, 16)");
    expect(() => quantizer.indicesToCodes(tf.tensor1d([1]))).toThrow("dtype float32");
  });
});
