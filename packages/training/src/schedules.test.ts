import { describe, expect, it } from "vitest";
import {
  constantSchedule,
  cosineSchedule,
  lastStableStep,
  linearSchedule,
  scheduleFromConfig,
  warmupStableDecaySchedule,
} from "./schedules.ts";

describe("schedules", () => {
  it("warm up linearly to the full rate at step warmupSteps", () => {
    const schedules = [
      constantSchedule({ warmupSteps: 4 }),
      cosineSchedule({ warmupSteps: 4, totalSteps: 12 }),
      linearSchedule({ warmupSteps: 4, totalSteps: 12 }),
      warmupStableDecaySchedule({ warmupSteps: 4, totalSteps: 12, decaySteps: 4 }),
    ];
    for (const schedule of schedules) expect([1, 2, 3, 4].map(schedule)).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it("start at the full rate without warm-up", () => {
    expect(constantSchedule({ warmupSteps: 0 })(1)).toBe(1);
    expect(cosineSchedule({ warmupSteps: 0, totalSteps: 4 })(4)).toBeCloseTo(0, 12);
  });

  it("cosine is half-way in the middle and ends at finalRatio", () => {
    const schedule = cosineSchedule({ warmupSteps: 2, totalSteps: 12, finalRatio: 0.1 });
    expect(schedule(7)).toBeCloseTo(0.55, 12);
    expect(schedule(12)).toBeCloseTo(0.1, 12);
    expect(schedule(20)).toBeCloseTo(0.1, 12);
  });

  it("linear falls by equal amounts", () => {
    const schedule = linearSchedule({ warmupSteps: 0, totalSteps: 4 });
    expect([1, 2, 3, 4].map(schedule)).toEqual([0.75, 0.5, 0.25, 0]);
  });

  it("warm-up-stable-decay holds, then falls over the last steps", () => {
    const schedule = warmupStableDecaySchedule({ warmupSteps: 1, totalSteps: 10, decaySteps: 4 });
    expect([2, 5, 6, 7, 8, 9, 10].map(schedule)).toEqual([1, 1, 1, 0.75, 0.5, 0.25, 0]);
  });

  it("a config makes the same schedule as its function", () => {
    const fromConfig = scheduleFromConfig({ kind: "wsd", warmupSteps: 1, finalRatio: 0, decayFraction: 0.4 }, 10);
    expect(fromConfig(8)).toBe(0.5);
    const cosine = scheduleFromConfig({ kind: "cosine", warmupSteps: 2, finalRatio: 0.1, decayFraction: null }, 12);
    expect(cosine(7)).toBeCloseTo(0.55, 12);
  });

  it("up to its last stable step a run has the rates of any longer one", () => {
    const wsd = { kind: "wsd", warmupSteps: 3, finalRatio: 0, decayFraction: 0.6 } as const;
    const rates = (totalSteps: number, last: number) =>
      Array.from({ length: last }, (_, index) => scheduleFromConfig(wsd, totalSteps)(index + 1));
    const last = lastStableStep(wsd, 20);
    expect(last).toBe(8);
    expect(rates(20, last)).toEqual(rates(30, last));
    expect(rates(20, last + 1)).not.toEqual(rates(30, last + 1));
    expect(lastStableStep({ ...wsd, kind: "constant", finalRatio: 1, decayFraction: null }, 20)).toBe(20);
    expect(lastStableStep({ ...wsd, kind: "cosine", decayFraction: null }, 20)).toBe(0);
  });

  it("a number or kind that is none is an error naming it", () => {
    expect(() => constantSchedule({ warmupSteps: -1 })).toThrow(/warmupSteps \(=-1\)/);
    expect(() => cosineSchedule({ warmupSteps: 1, totalSteps: Number.NaN })).toThrow(/totalSteps \(=NaN\)/);
    expect(() => linearSchedule({ warmupSteps: 1, totalSteps: 5, finalRatio: 2 })).toThrow(/finalRatio \(=2\)/);
    const decay = { warmupSteps: 1, totalSteps: 5, decaySteps: 1.5 };
    expect(() => warmupStableDecaySchedule(decay)).toThrow(/decaySteps \(=1.5\)/);
    const step = { kind: "step" as "linear", warmupSteps: 1, finalRatio: 0, decayFraction: null };
    expect(() => scheduleFromConfig(step, 10)).toThrow(/kind \(="step"\) must be one of "cosine"/);
  });

  it("a config that does not fit is an error naming the field", () => {
    expect(() =>
      scheduleFromConfig({ kind: "cosine", warmupSteps: 20, finalRatio: 0, decayFraction: null }, 10),
    ).toThrow(/warmupSteps \(=20\)/);
    expect(() =>
      scheduleFromConfig({ kind: "cosine", warmupSteps: 2, finalRatio: 2, decayFraction: null }, 10),
    ).toThrow(/finalRatio \(=2\)/);
    expect(() => scheduleFromConfig({ kind: "linear", warmupSteps: 2, finalRatio: 0, decayFraction: 0.5 }, 10)).toThrow(
      /decayFraction/,
    );
    expect(() => scheduleFromConfig({ kind: "wsd", warmupSteps: 2, finalRatio: 0, decayFraction: null }, 10)).toThrow(
      /decayFraction/,
    );
  });
});
