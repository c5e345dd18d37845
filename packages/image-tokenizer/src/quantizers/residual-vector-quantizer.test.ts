import { Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { Assignments } from "./assignments.ts";
import type { QuantizerConfigInput } from "./config.ts";
import { ResidualVectorQuantizer } from "./residual-vector-quantizer.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const config: QuantizerConfigInput<"residual"> = {
  type: "residual",
  numStages: 3,
  stage: { type: "vector", numCodes: 16, dim: 4, learning: "ema", revivalThreshold: 0.1 },
};
const latents = () => tf.tensor2d(new Generator(5).normalArray(1024), [256, 4]);

describe("ResidualVectorQuantizer", () => {
  it("gets nearer with each stage after a k-means start, from prefixes of the indices", () => {
    const quantizer = new ResidualVectorQuantizer(config, new Generator(1));
    const x = latents();
    const numTensors = tf.memory().numTensors;
    quantizer.startFrom(x, new Generator(2));
    expect(tf.memory().numTensors).toBe(numTensors);
    const { codes, indices } = quantizer.quantize(x);
    expect(indices.shape).toEqual([256, 3]);
    const errors = [1, 2, 3].map((numStages) => {
      const coarse = quantizer.indicesToCodes(indices.slice([0, 0], [-1, numStages]));
      return x.sub(coarse).square().mean().dataSync()[0]!;
    });
    expect(errors[1]).toBeLessThan(errors[0]! / 2);
    expect(errors[2]).toBeLessThan(errors[1]! / 2);
    expect(quantizer.indicesToCodes(indices).dataSync()).toEqual(codes.dataSync());
  });

  it("drops the last stages at random in training: index -1, code 0, no loss, nothing assigned", () => {
    const quantizer = new ResidualVectorQuantizer({ ...config, minStages: 1 }, new Generator(1));
    const x = latents();
    quantizer.startFrom(x, new Generator(2));
    const full = quantizer.quantize(x).indices.arraySync() as number[][];
    const seen = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      tf.tidy(() => {
        const run = quantizer.quantizeForTraining(x, { generator: new Generator(seed) });
        const indices = run.indices.arraySync() as number[][];
        const numKept = indices[0]!.filter((index) => index >= 0).length;
        seen.add(numKept);
        indices.forEach((row, i) => {
          expect(row).toEqual(full[i]!.map((index, stage) => (stage < numKept ? index : -1)));
        });
        expect(quantizer.indicesToCodes(run.indices).dataSync()).toEqual(run.codes.dataSync());
      });
    }
    expect([...seen].sort()).toEqual([1, 2, 3]);
  });

  it("has the losses and gradients of as many stages as it keeps", () => {
    const gradient = { ...config, stage: { ...config.stage, learning: "gradient" as const, revivalThreshold: 0 } };
    const run = (numStages: number, minStages: number) => {
      const quantizer = new ResidualVectorQuantizer({ ...gradient, numStages, minStages }, new Generator(1));
      const x = latents();
      const { outputs, gradients } = valueAndGrads(
        () => {
          const { codes, lossSums } = quantizer.quantizeForTraining(x, { generator: new Generator(1) });
          return { loss: lossSums.codebook!.add(lossSums.commitment!).add(codes.square().sum()), codes };
        },
        new Map<string, tf.Tensor>([["x", x], ...quantizer.parameters()]),
      );
      return { outputs, gradients };
    };
    // Of this generator's first stages, 1 to 3, two are kept.
    expect(1 + new Generator(1).integer(3)).toBe(2);
    const [dropped, two] = [run(3, 1), run(2, 2)];
    expect(dropped.outputs.loss.dataSync()).toEqual(two.outputs.loss.dataSync());
    expect(dropped.outputs.codes.dataSync()).toEqual(two.outputs.codes.dataSync());
    for (const [name, gradient] of two.gradients) {
      expect(dropped.gradients.get(name)!.dataSync()).toEqual(gradient.dataSync());
    }
    expect(dropped.gradients.get("stages.2.codebook.codes")!.abs().max().dataSync()[0]).toBe(0);
  });

  it("passes the gradient on once, however many stages there are", () => {
    const quantizer = new ResidualVectorQuantizer(config, new Generator(1));
    const x = latents();
    const { gradients } = valueAndGrads(
      () => {
        const { codes } = quantizer.quantizeForTraining(x, { generator: new Generator(1) });
        return { loss: codes.sum() };
      },
      new Map([["x", x]]),
    );
    expect(gradients.get("x")!.dataSync()).toEqual(new Float32Array(1024).fill(1));
  });

  it.each([false, true])("updates every codebook once a step (shared: %s)", (useSharedCodebook) => {
    const quantizer = new ResidualVectorQuantizer({ ...config, useSharedCodebook }, new Generator(1));
    expect(quantizer.parameters().size).toBe(0);
    expect(quantizer.state().size).toBe(useSharedCodebook ? 3 : 9);
    const x = latents();
    const sizesBefore = [...quantizer.state()].filter(([name]) => name.endsWith("sizes"));
    const assignments = new Assignments();
    const numTensors = tf.memory().numTensors;
    tf.tidy(() => {
      quantizer.quantizeForTraining(x, { generator: new Generator(1), assignments });
    });
    quantizer.update(assignments, new Generator(2));
    expect(tf.memory().numTensors).toBe(numTensors);
    for (const [, sizes] of sizesBefore) {
      // Without what revival adds, the averages of a step are 0.8 * 1 a code and 0.2 of all vectors.
      const expected = 0.8 * 16 + 0.2 * 256 * (useSharedCodebook ? 3 : 1);
      expect(sizes.sum().dataSync()[0]).toBeCloseTo(expected, 3);
    }
  });

  it("names both values of what does not fit", () => {
    const quantizer = new ResidualVectorQuantizer(config, new Generator(1));
    const indices = (...values: number[]) => tf.tensor2d(values, [1, values.length], "int32");
    expect(() => quantizer.indicesToCodes(indices(0, 0, 0, 0))).toThrow("shape [1,4]) must end in 1 to numStages (=3)");
    expect(() => quantizer.indicesToCodes(indices(0, 16))).toThrow("indices[1] (=16) must lie in [-1, 16)");
    expect(() => quantizer.quantize(tf.zeros([2, 3]))).toThrow(
      "ResidualVectorQuantizer.quantize: latents (shape [2,3])",
    );
    expect(() => quantizer.quantize(tf.fill([2, 4], Number.NaN))).toThrow("latents[0] (=NaN)");
  });
});
