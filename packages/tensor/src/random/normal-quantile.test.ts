import { describe, expect, it } from "vitest";
import { normalQuantile } from "./normal-quantile.ts";

describe("normalQuantile", () => {
  // Reference values: Abramowitz and Stegun, table 26.5, and NIST's tables.
  it.each([
    [0.5, 0],
    [0.8413447460685429, 1],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167813],
    [1e-6, -4.753424308822899],
  ])("of %d is %d", (p, x) => {
    expect(normalQuantile(p)).toBeCloseTo(x, 14);
    expect(normalQuantile(1 - p)).toBeCloseTo(-x, 10); // 1 - p is rounded
  });

  it("is finite at both ends", () => {
    expect(normalQuantile(0)).toBeCloseTo(-6.34, 1);
    expect(normalQuantile(1)).toBe(-normalQuantile(0));
  });
});
