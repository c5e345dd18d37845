import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { sampleTimesteps, shiftTimesteps, timestepGrid } from "./timesteps.ts";

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const logit = (t: number) => Math.log(t / (1 - t));

describe("shiftTimesteps", () => {
  it("keeps the ends, moves towards noise, and has shift 1/s as its inverse", () => {
    expect(shiftTimesteps(0, 3)).toBe(0);
    expect(shiftTimesteps(1, 3)).toBe(1);
    expect(shiftTimesteps(0.5, 3)).toBe(0.75);
    expect(shiftTimesteps(shiftTimesteps(0.3, 5), 1 / 5)).toBeCloseTo(0.3, 12);
    // A shift in clean-is-1 time is the inverse shift here.
    expect(1 - shiftTimesteps(1 - 0.3, 4)).toBeCloseTo(shiftTimesteps(0.3, 1 / 4), 12);
    expect(() => shiftTimesteps(0.5, 0)).toThrow("shift (=0)");
  });
});

describe("timestepGrid", () => {
  it("descends from start to 0", () => {
    expect([...timestepGrid({ numSteps: 4 })]).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect([...timestepGrid({ numSteps: 2, start: 0.5, shift: 3 })]).toEqual([0.75, 0.5, 0]);
    expect(() => timestepGrid({ numSteps: 0 })).toThrow("numSteps (=0)");
    expect(() => timestepGrid({ numSteps: 2, start: 0 })).toThrow("start (=0)");
  });
});

describe("sampleTimesteps", () => {
  it("draws a logit-normal and a uniform distribution, reproducibly", () => {
    const draws = sampleTimesteps(new Generator(1), 20_000, { kind: "logit-normal", mean: 0.5, std: 0.8 });
    const logits = Array.from(draws, logit);
    const center = mean(logits);
    expect(center).toBeCloseTo(0.5, 1);
    expect(Math.sqrt(mean(logits.map((value) => (value - center) ** 2)))).toBeCloseTo(0.8, 1);
    expect(sampleTimesteps(new Generator(1), 20_000, { kind: "logit-normal", mean: 0.5, std: 0.8 })).toEqual(draws);
    const uniform = sampleTimesteps(new Generator(2), 20_000, { kind: "uniform" });
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(Math.max(...uniform)).toBeGreaterThan(0.999);
  });

  it("puts one stratified draw into each stratum, in random order", () => {
    const draws = sampleTimesteps(new Generator(3), 10, { kind: "uniform", isStratified: true });
    const strata = Array.from(draws, (t) => Math.floor(t * 10));
    expect([...strata].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(strata).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const spread = (isStratified: boolean) => {
      const means = Array.from({ length: 50 }, (_, i) =>
        mean(sampleTimesteps(new Generator(i), 16, { kind: "logit-normal", isStratified })),
      );
      const center = mean(means);
      return mean(means.map((value) => (value - center) ** 2));
    };
    expect(spread(true)).toBeLessThan(spread(false) / 10);
  });

  it("shifts and caps", () => {
    const plain = sampleTimesteps(new Generator(4), 3, { kind: "uniform" });
    const changed = sampleTimesteps(new Generator(4), 3, { kind: "uniform", shift: 2, cap: [1, 0.5, 0.25] });
    [1, 0.5, 0.25].forEach((cap, i) => {
      expect(changed[i]).toBeCloseTo(cap * shiftTimesteps(plain[i] as number, 2), 5);
    });
  });

  it("names what is wrong", () => {
    const draw = (sampling: object) => () =>
      sampleTimesteps(new Generator(1), 2, { kind: "logit-normal", ...sampling });
    expect(() => shiftTimesteps(1.5, 2)).toThrow("t (=1.5)");
    expect(draw({ kind: "lognormal" })).toThrow('kind (="lognormal") must be "logit-normal" or "uniform"');
    expect(draw({ kind: undefined })).toThrow(RangeError);
    expect(draw({ mean: Number.NaN })).toThrow("mean (=NaN)");
    expect(draw({ std: 0 })).toThrow("std (=0)");
    expect(draw({ std: Number.POSITIVE_INFINITY })).toThrow("std (=Infinity)");
    expect(() => sampleTimesteps(new Generator(1), 1.5, { kind: "uniform" })).toThrow("count (=1.5)");
    expect(draw({ cap: 1.5 })).toThrow("cap (=1.5)");
    expect(draw({ cap: [0.5] })).toThrow("cap has 1 entries but count is 2");
    expect(draw({ kind: "uniform", mean: 1 })).toThrow(TypeError);
  });
});
