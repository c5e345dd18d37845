import { Generator } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { sampleToken } from "./sample-token.ts";

const logits = Float32Array.from([0.5, 0.3, 0.15, 0.05], Math.log);
const none = new Set<number>();

function frequencies(temperature: number, topP: number, forbidden = none): number[] {
  const generator = new Generator(5);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[sampleToken(logits, { temperature, topP, forbidden }, generator)]! += 1 / 4000;
  return counts;
}

describe("sampleToken", () => {
  it("takes the most likely allowed token at temperature 0, without drawing", () => {
    const generator = new Generator(1);
    const before = generator.state();
    expect(sampleToken(logits, { temperature: 0, topP: 1, forbidden: new Set([0]) }, generator)).toBe(1);
    expect(generator.state()).toEqual(before);
  });

  it("draws by probability at temperature 1", () => {
    const [a, b, c, d] = frequencies(1, 1) as [number, number, number, number];
    for (const [actual, expected] of [
      [a, 0.5],
      [b, 0.3],
      [c, 0.15],
      [d, 0.05],
    ] as const) {
      expect(Math.abs(actual - expected)).toBeLessThan(0.03);
    }
  });

  it("keeps to the nucleus and never draws what is forbidden", () => {
    const nucleus = frequencies(1, 0.7);
    expect(nucleus.slice(2)).toEqual([0, 0]);
    expect(Math.abs(nucleus[0]! - 0.5 / 0.8)).toBeLessThan(0.03);
    expect(frequencies(1, 1, new Set([0, 2]))[0]).toBe(0);
    expect(() => frequencies(1, 1, new Set([0, 1, 2, 3]))).toThrow(/forbidden covers all 4/);
  });
});
