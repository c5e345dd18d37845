import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { Assignments } from "./assignments.ts";
import type { QuantizerConfigInput } from "./config.ts";
import { MultiScaleVectorQuantizer } from "./multi-scale-vector-quantizer.ts";
import { convolutionOfScale } from "./scale-convolutions.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const config: QuantizerConfigInput<"multi-scale"> = {
  type: "multi-scale",
  numCodes: 32,
  dim: 4,
  scales: [1, 2, 3, 4],
  revivalThreshold: 0.5,
};
const latents = () => tf.tensor4d(new Generator(5).normalArray(1024), [16, 4, 4, 4]);

describe("MultiScaleVectorQuantizer", () => {
  it("gets nearer with each scale, from whole scales of the indices, after a k-means start", () => {
    const quantizer = new MultiScaleVectorQuantizer({ ...config, convolutionShare: 0 }, new Generator(1));
    expect([...quantizer.state().keys()]).toEqual(["codebook.codes", "codebook.cluster_sizes"]);
    const x = latents();
    const numTensors = tf.memory().numTensors;
    quantizer.startFrom(x, new Generator(2));
    expect(tf.memory().numTensors).toBe(numTensors);
    const { indices } = quantizer.quantize(x);
    expect(indices.shape).toEqual([16, 30]);
    const errors = [1, 5, 14, 30].map((length) => {
      const coarse = quantizer.indicesToCodes(indices.slice([0, 0], [-1, length]));
      return x.sub(coarse).square().mean().dataSync()[0]!;
    });
    expect(errors).toEqual([...errors].sort((a, b) => b - a));
    expect(errors[3]).toBeLessThan(errors[2]! / 1.5);
  });

  it("gives a next-scale model the sum so far at the next scale's size", () => {
    const quantizer = new MultiScaleVectorQuantizer(config, new Generator(1));
    const x = latents();
    quantizer.startFrom(x, new Generator(2));
    const { indices } = quantizer.quantize(x);
    const all = quantizer.nextScaleInputs(indices);
    expect(all.shape).toEqual([16, 29, 4]);
    // Sampling: after two scales there are inputs for the second and third, the same ones.
    const some = quantizer.nextScaleInputs(indices.slice([0, 0], [-1, 5]));
    expect(some.shape).toEqual([16, 13, 4]);
    expect(some.dataSync()).toEqual(all.slice([0, 0, 0], [-1, 13, -1]).dataSync());
    // The last inputs have the size of the latents: nothing is shrunk.
    const sum = quantizer.indicesToCodes(indices.slice([0, 0], [-1, 14])).reshape([16, 16, 4]);
    expect(all.slice([0, 13, 0], [-1, 16, -1]).dataSync()).toEqual(sum.dataSync());
  });

  it("revives codes from the vectors of all scales", () => {
    const quantizer = new MultiScaleVectorQuantizer(config, new Generator(1));
    const x = latents().add<tf.Tensor4D>(5);
    const used = () => new Set(quantizer.quantize(x).indices.dataSync()).size;
    const before = used();
    const assignments = new Assignments();
    for (let step = 0; step < 4; step++) {
      tf.tidy(() => {
        quantizer.quantizeForTraining(x, { generator: new Generator(step), assignments });
      });
      quantizer.update(assignments, new Generator(step));
    }
    expect(before).toBeLessThan(16);
    expect(used()).toBeGreaterThan(before + 6);
  });

  it("names both values of what does not fit", () => {
    const quantizer = new MultiScaleVectorQuantizer(config, new Generator(1));
    expect(() => quantizer.quantize(tf.zeros([1, 4, 5, 4]))).toThrow(
      "latents (shape [1,4,5,4]) must be [B, 4, 4, 4], the size of the last scale",
    );
    expect(() => quantizer.quantize(tf.zeros([1, 4, 4, 3]))).toThrow("must end in the quantizer's dim (=4)");
    expect(() => quantizer.quantize(tf.fill([1, 4, 4, 4], Number.NaN))).toThrow("latents[0] (=NaN)");
    const indices = (length: number, value = 0) => tf.fill([1, length], value, "int32");
    expect(() => quantizer.indicesToCodes(indices(6))).toThrow(
      "shape [1,6]) must be [B, L] with L one of 1, 5, 14, 30",
    );
    expect(() => quantizer.indicesToCodes(indices(5, 32))).toThrow("indices[0] (=32) must lie in [0, 32)");
    const one = new MultiScaleVectorQuantizer({ ...config, scales: [2] }, new Generator(1));
    expect(() => one.nextScaleInputs(indices(4))).toThrow("scales has 1 scale");
  });
});

describe("convolutionOfScale", () => {
  // NumPy 2's argmin(abs(linspace(1/3/K, 1 - 1/3/K, K) - scale/(S-1))), for K = 4 (else 1/2/K), for S = 2 to 16.
  it.each([
    [2, "01 001 0011 00011 000111 0000111 00001111 000001111 0000011111 00000011111 000000111111"],
    [
      4,
      "03 023 0123 01223 001233 0012233 00112233 001122233 0011122333 00011222333 000111222333 0001112222333 00011112222333 000011122223333 0000111122223333",
    ],
  ])("is NumPy's choice for %i convolutions, ties and all", (numConvolutions, expected) => {
    for (const [index, digits] of expected.split(" ").entries()) {
      expect(convolutionOfScale(index + 2, numConvolutions).join("")).toBe(digits);
    }
    expect(convolutionOfScale(1, numConvolutions)).toEqual([0]);
    expect(convolutionOfScale(3, 1)).toEqual([0, 0, 0]);
  });
});
