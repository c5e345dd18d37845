import { expect, it } from "vitest";
import { padToSteadyCount, steadyCount } from "./steady-count.ts";

it("rounds up by at most 1/8, to 8 counts an octave", () => {
  expect([0, 1, 15, 16, 17, 100, 1000].map(steadyCount)).toEqual([0, 1, 15, 16, 18, 104, 1024]);
  const counts = Array.from({ length: 1024 }, (_, index) => index + 1024);
  for (const count of counts) {
    expect(steadyCount(count)).toBeGreaterThanOrEqual(count);
    expect(steadyCount(count)).toBeLessThanOrEqual((count * 9) / 8);
  }
  expect(new Set(counts.map(steadyCount)).size).toBe(9);
});

it("pads a list with its first entry", () => {
  expect(padToSteadyCount(["a", "b"])).toEqual(["a", "b"]);
  const list = Array.from({ length: 17 }, (_, index) => index);
  expect(padToSteadyCount(list)).toEqual([...list, 0]);
});
