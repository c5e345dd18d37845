/** Solvers on Gaussian data, where the best prediction and the exact end of every trajectory are known. */
import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { cosinePath, linearPath, type NoisePath } from "../noise-path.ts";
import { type PredictionType, predictionTarget } from "../prediction.ts";
import { timestepGrid } from "../timesteps.ts";
import type { PredictionRequest, SolverOptions } from "./solver.ts";
import { type SolverName, solvers } from "./solvers.ts";

const MEAN = 1.5;

/** The best predictor for data `normal(MEAN, std)`: the posterior means of latents and noise are linear in x. */
function gaussianNetwork(std: number, path: NoisePath, predictionType: PredictionType) {
  return ({ noisyLatents, t }: PredictionRequest): Float32Array => {
    const { alpha, sigma } = path.alphaSigma(t);
    const variance = (alpha * std) ** 2 + sigma ** 2;
    const latents = noisyLatents.map((x) => MEAN + ((alpha * std ** 2) / variance) * (x - alpha * MEAN));
    const noise = noisyLatents.map((x) => (sigma / variance) * (x - alpha * MEAN));
    return predictionTarget({ predictionType, latents, noise, t, path });
  };
}

function sample(
  name: SolverName,
  network: (request: PredictionRequest) => Float32Array,
  options: Omit<SolverOptions, "timesteps"> & { numSteps: number; start?: number },
) {
  const { numSteps, start = 1, ...rest } = options;
  const run = solvers[name].begin({ ...rest, timesteps: timestepGrid({ numSteps, start }) });
  let numEvaluations = 0;
  for (let request = run.next(); request !== undefined; request = run.next()) {
    run.take(network(request));
    numEvaluations += 1;
  }
  expect(run.stepsDone).toBe(numSteps);
  return { latents: run.latents, numEvaluations, preview: run.preview };
}

/** Largest distance to the exact probability-flow trajectory at `end`, after `numSteps` even steps. */
function error(name: SolverName, path: NoisePath, { numSteps, end }: { numSteps: number; end: number }): number {
  const std = 0.5;
  const noise = Float32Array.of(-1.2, 0.3, 2);
  const network = gaussianNetwork(std, path, "velocity");
  const timesteps = Array.from({ length: numSteps + 1 }, (_, i) => end + (1 - end) * (1 - i / numSteps));
  const run = solvers[name].begin({ noise, timesteps, path, predictionType: "velocity" });
  for (let request = run.next(); request !== undefined; request = run.next()) run.take(network(request));
  // Along a trajectory (x - alpha * MEAN) / deviation(t) does not change.
  const [first, last] = [1, end].map((t) => {
    const { alpha, sigma } = path.alphaSigma(t);
    return { center: alpha * MEAN, deviation: Math.hypot(alpha * std, sigma) };
  }) as [{ center: number; deviation: number }, { center: number; deviation: number }];
  const exact = noise.map((x) => last.center + (last.deviation * (x - first.center)) / first.deviation);
  return Math.max(...run.latents.map((value, i) => Math.abs(value - (exact[i] as number))));
}

describe("solvers on a Gaussian", () => {
  // On the cosine path Heun's last step, which is Euler's, would hide the order of the others: stop before it.
  for (const [path, end] of [
    [linearPath, 0],
    [linearPath, 0.1],
    [cosinePath, 0.1],
  ] as const) {
    it.each([
      ["euler", 2],
      ["ddim", 2],
      ["heun", 4],
    ] as const)(`%s: the error falls %d times when steps double, on the ${path.name} path to ${end}`, (name, ratio) => {
      const measured = error(name, path, { numSteps: 32, end }) / error(name, path, { numSteps: 64, end });
      expect(measured).toBeGreaterThan(ratio * 0.85);
      expect(measured).toBeLessThan(ratio * 1.15);
    });
  }

  it("make DDIM's step by Euler's rule", () => {
    const generator = new Generator(1);
    const noise = generator.normalArray(8);
    const network = gaussianNetwork(0.5, cosinePath, "velocity");
    const options = { noise, path: cosinePath, predictionType: "velocity", numSteps: 7 } as const;
    const [byEuler, byDdim] = [sample("euler", network, options), sample("ddim", network, options)];
    byEuler.latents.forEach((value, i) => {
      expect(value).toBeCloseTo(byDdim.latents[i] as number, 5);
    });
  });

  it.each(["euler", "heun", "ddim", "ddpm"] as const)("%s is exact on a point mass, in any number of steps", (name) => {
    for (const path of [linearPath, cosinePath]) {
      for (const predictionType of ["velocity", "epsilon", "sample"] as const) {
        const start = predictionType === "epsilon" ? 0.9 : 1;
        for (const numSteps of [1, 3]) {
          const generator = new Generator(5);
          const { latents } = sample(name, gaussianNetwork(0, path, predictionType), {
            noise: generator.normalArray(4),
            path,
            predictionType,
            numSteps,
            start,
            generator,
          });
          for (const value of latents) expect(value).toBeCloseTo(MEAN, 4);
        }
      }
    }
  });

  it("draw the right distribution by ancestral sampling", () => {
    const generator = new Generator(7);
    const { latents, numEvaluations } = sample("ddpm", gaussianNetwork(0.5, cosinePath, "epsilon"), {
      noise: generator.normalArray(100_000), // the steps cost 0.018 of the deviation, the draw another 0.001
      path: cosinePath,
      predictionType: "epsilon",
      numSteps: 100,
      generator,
    });
    const mean = latents.reduce((sum, value) => sum + value, 0) / latents.length;
    const std = Math.sqrt(latents.reduce((sum, value) => sum + (value - mean) ** 2, 0) / latents.length);
    expect(numEvaluations).toBe(100);
    expect(Math.abs(mean - MEAN)).toBeLessThan(0.02);
    expect(Math.abs(std - 0.5)).toBeLessThan(0.02);
  });
});

describe("a run", () => {
  const options = {
    noise: Float32Array.of(1, -1),
    timesteps: [1, 0.5, 0],
    path: linearPath,
    predictionType: "velocity",
  } as const;

  it("asks the same until it is told, and previews", () => {
    const run = solvers.heun.begin(options);
    expect(run.next()).toBe(run.next());
    expect(run.preview).toBeUndefined();
    const times: number[] = [];
    for (let request = run.next(); request !== undefined; request = run.next()) {
      times.push(request.t);
      run.take(request.noisyLatents.slice());
    }
    expect(times).toEqual([1, 0.5, 0.5]);
    expect(run.preview).toHaveLength(2);
    expect(options.noise).toEqual(Float32Array.of(1, -1));
  });

  it("clamps estimated clean latents", () => {
    const run = solvers.ddim.begin({ ...options, timesteps: [0.9, 0], clamp: 0.5 });
    run.take(Float32Array.of(-30, 30));
    expect(run.latents).toEqual(Float32Array.of(0.5, -0.5));
  });

  it("names what is wrong", () => {
    expect(() => solvers.euler.begin({ ...options, timesteps: [0, 1] })).toThrow("timesteps (=0,1)");
    expect(() => solvers.euler.begin({ ...options, timesteps: [1] })).toThrow("at least two");
    expect(() => solvers.euler.begin({ ...options, timesteps: [1.2, 0] })).toThrow("in [0, 1]");
    expect(() => solvers.euler.begin({ ...options, predictionType: "v" as "velocity" })).toThrow(
      'Solver.begin: predictionType (="v") must be',
    );
    for (const noise of [[1, 2] as unknown as Float32Array, Float32Array.of(Number.NaN)]) {
      expect(() => solvers.euler.begin({ ...options, noise })).toThrow("noise must be a Float32Array of finite values");
    }
    expect(() => solvers.euler.begin({ ...options, clamp: 0 })).toThrow("clamp (=0)");
    expect(() => solvers.ddpm.begin(options)).toThrow("generator is missing");
    const run = solvers.euler.begin({ ...options, timesteps: [1, 0] });
    expect(() => run.take(Float32Array.of(Number.NaN, 0))).toThrow("not finite");
    expect(() => run.take(Float32Array.of(0))).toThrow("prediction has 1 values and noisyLatents has 2");
    run.take(Float32Array.of(0, 0));
    expect(() => run.take(Float32Array.of(0, 0))).toThrow("all 1 steps are done");
  });
});
