import { describe, expect, it } from "vitest";
import { guidanceScaleAt, guide } from "./guidance.ts";

describe("guide", () => {
  it("extrapolates from the unconditional prediction", () => {
    const [conditional, unconditional] = [Float32Array.of(1, 2), Float32Array.of(0, 4)];
    expect(guide(conditional, unconditional, 1)).toEqual(conditional);
    expect(guide(conditional, unconditional, 0)).toEqual(unconditional);
    expect(guide(conditional, unconditional, 3)).toEqual(Float32Array.of(3, -2));
    expect(() => guide(conditional, new Float32Array(3), 1)).toThrow("unconditional has 3");
    expect(() => guide(conditional, unconditional, Number.NaN)).toThrow("scale (=NaN)");
  });
});

describe("guidanceScaleAt", () => {
  it("is 1 outside the interval", () => {
    const guidance = { scale: 3, interval: { from: 0.1, to: 0.8 } };
    expect([0, 0.1, 0.5, 0.8, 1].map((t) => guidanceScaleAt(t, guidance))).toEqual([1, 3, 3, 3, 1]);
    expect([0, 1].map((t) => guidanceScaleAt(t, { scale: 2 }))).toEqual([2, 2]);
    expect(() => guidanceScaleAt(Number.NaN, { scale: 2 })).toThrow("t (=NaN)");
    expect(() => guidanceScaleAt(0, { scale: Number.POSITIVE_INFINITY })).toThrow("scale (=Infinity)");
    expect(() => guidanceScaleAt(0, { scale: -1 })).toThrow("scale (=-1)");
    expect(() => guidanceScaleAt(0, { scale: 1, interval: { from: 0.8, to: 0.1 } })).toThrow("from (=0.8)");
  });
});
