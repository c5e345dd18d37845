import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { cosinePath, linearPath } from "./noise-path.ts";
import { estimateFromPrediction, predictionTarget } from "./prediction.ts";

const generator = new Generator(1);
const latents = generator.normalArray(16);
const noise = generator.normalArray(16);

function expectClose(actual: Float32Array, expected: Float32Array): void {
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-5);
  });
}

describe("predictions", () => {
  for (const path of [linearPath, cosinePath]) {
    for (const predictionType of ["velocity", "epsilon", "sample"] as const) {
      it(`give back latents and noise: ${predictionType} on the ${path.name} path`, () => {
        for (const t of [0.2, 0.5, 0.8]) {
          const noisyLatents = path.noisyLatents(latents, noise, t);
          const prediction = predictionTarget({ predictionType, latents, noise, t, path });
          const estimate = estimateFromPrediction({ predictionType, prediction, noisyLatents, t, path });
          expectClose(estimate.latents, latents);
          expectClose(estimate.noise, noise);
        }
      });
    }
  }

  it("have velocity as the derivative of the linear path", () => {
    const prediction = predictionTarget({ predictionType: "velocity", latents, noise, t: 0.3, path: linearPath });
    const [low, high] = [0.2, 0.4].map((t) => linearPath.noisyLatents(latents, noise, t)) as [
      Float32Array,
      Float32Array,
    ];
    expectClose(
      prediction,
      high.map((value, i) => (value - (low[i] as number)) / 0.2),
    );
  });

  it("have an answer at both ends for velocity, and say where the others have none", () => {
    const at = (predictionType: "velocity" | "epsilon" | "sample", t: number, path = linearPath) =>
      estimateFromPrediction({ predictionType, prediction: noise, noisyLatents: latents, t, path });
    expect(at("velocity", 1).latents.every(Number.isFinite)).toBe(true);
    expect(at("velocity", 0).latents).toEqual(latents);
    expect(at("epsilon", 1, cosinePath).latents.every(Number.isFinite)).toBe(true);
    expect(() => at("epsilon", 1)).toThrow("epsilon has no clean latents at t (=1) on the linear path");
    expect(() => at("sample", 0)).toThrow("sample has no noise at t (=0)");
  });

  it("are of a type that there is, at a t that there is", () => {
    const shared = { predictionType: "v" as "velocity", t: 0.5, path: linearPath, latents, noise };
    const rule = 'predictionType (="v") must be "velocity", "epsilon" or "sample"';
    expect(() => predictionTarget(shared)).toThrow(rule);
    expect(() => estimateFromPrediction({ ...shared, prediction: noise, noisyLatents: latents })).toThrow(rule);
    for (const predictionType of ["velocity", "epsilon", "sample"] as const) {
      expect(() => predictionTarget({ ...shared, predictionType, t: 1.5 })).toThrow("t (=1.5) must be in [0, 1]");
    }
  });

  it("must have one value for each latent", () => {
    const shared = { predictionType: "velocity", t: 0.5, path: linearPath } as const;
    expect(() => predictionTarget({ ...shared, latents, noise: new Float32Array(3) })).toThrow("noise has 3");
    expect(() => estimateFromPrediction({ ...shared, prediction: new Float32Array(3), noisyLatents: latents })).toThrow(
      "prediction has 3 values and noisyLatents has 16",
    );
  });
});
