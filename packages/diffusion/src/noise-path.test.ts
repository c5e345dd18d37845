import { describe, expect, it } from "vitest";
import { cosinePath, linearPath, logSignalToNoise } from "./noise-path.ts";
import { shiftTimesteps } from "./timesteps.ts";

describe("cosinePath", () => {
  it("is the product of 1 - beta of Nichol and Dhariwal at t = (i + 1) / 1000, beta at most 0.999", () => {
    const cosineSquared = (t: number) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    let alphaBar = 1;
    let numClipped = 0;
    for (let i = 0; i < 1000; i++) {
      const beta = 1 - cosineSquared((i + 1) / 1000) / cosineSquared(i / 1000);
      if (beta > 0.999) numClipped += 1;
      alphaBar *= 1 - Math.min(beta, 0.999);
      const { alpha, sigma } = cosinePath.alphaSigma((i + 1) / 1000);
      expect(alpha ** 2 / alphaBar).toBeCloseTo(1, 9);
      expect(alpha ** 2 + sigma ** 2).toBeCloseTo(1, 12);
    }
    expect(numClipped).toBe(1);
    expect(cosinePath.alphaSigma(1).alpha).toBeGreaterThan(4e-5);
  });

  it("is clean at t = 0, and the paper's cos(pi t / 2) within 0.02 everywhere", () => {
    expect(cosinePath.alphaSigma(0)).toEqual({ alpha: 1, sigma: 0 });
    for (const t of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      expect(Math.abs(cosinePath.alphaSigma(t).alpha - Math.cos((Math.PI * t) / 2))).toBeLessThan(0.02);
    }
  });
});

describe("linearPath", () => {
  it("mixes linearly and checks its input", () => {
    const noisy = linearPath.noisyLatents(Float32Array.of(2, -4), Float32Array.of(1, 0), 0.25);
    expect(noisy).toEqual(Float32Array.of(1.75, -3));
    expect(() => linearPath.noisyLatents(new Float32Array(2), new Float32Array(3), 0.5)).toThrow(
      "latents has 2 values and noise has 3",
    );
    expect(() => linearPath.alphaSigma(1.5)).toThrow("t (=1.5) must be in [0, 1]");
    expect(() => cosinePath.alphaSigma(Number.NaN)).toThrow("t (=NaN)");
  });

  it("loses exactly 2 ln s of log signal-to-noise ratio by a shift of s", () => {
    for (const shift of [0.3, 1, 3]) {
      for (const t of [0.05, 0.4, 0.9]) {
        const before = logSignalToNoise(linearPath, t);
        const after = logSignalToNoise(linearPath, shiftTimesteps(t, shift));
        expect(after - before).toBeCloseTo(-2 * Math.log(shift), 10);
      }
    }
  });
});
