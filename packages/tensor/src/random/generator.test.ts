import { describe, expect, it } from "vitest";
import { Generator } from "./generator.ts";
import { philox4x32 } from "./philox.ts";

describe("philox4x32", () => {
  // Known answers of Random123 1.14 (tests/kat_vectors, "philox4x32 10").
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)("gives the published block for counter $counter", ({ counter, key, block }) => {
    const out = new Uint32Array(4);
    philox4x32(out, { counter, key });
    expect([...out]).toEqual(block);
  });

  it("carries from the low word of the counter into the next", () => {
    const run = new Uint32Array(8);
    philox4x32(run, { counter: [0xffffffff, 6, 1, 2], key: [3, 4] });
    const single = new Uint32Array(4);
    philox4x32(single, { counter: [0, 7, 1, 2], key: [3, 4] });
    expect(run.subarray(4)).toEqual(single);
  });
});

describe("Generator", () => {
  it("is a function of seed, stream and position", () => {
    const generator = new Generator(5);
    const first = Array.from({ length: 9 }, () => generator.uint32());
    expect(first.slice(0, 4)).toEqual(Array.from(new Generator(5).uniformArray(4), (_, i) => first[i]));
    const again = Generator.fromState(JSON.parse(JSON.stringify({ ...generator.state(), position: 4 })));
    expect(Array.from({ length: 5 }, () => again.uint32())).toEqual(first.slice(4));
    expect(new Generator(6).uint32()).not.toBe(first[0]);
    expect(new Generator(5 + 2 ** 32).uint32()).not.toBe(first[0]);
  });

  it("resumes exactly, whatever was drawn before", () => {
    const generator = new Generator(1, "resume");
    generator.normalArray(7);
    generator.uint32();
    generator.uniformArray(5);
    const copy = Generator.fromState(generator.state());
    expect(copy.normalArray(9)).toEqual(generator.normalArray(9));
    expect(copy.integer(1000)).toBe(generator.integer(1000));
    expect(copy.state()).toEqual(generator.state());
  });

  it("says where its next numbers come from, and goes on behind them", () => {
    const generator = new Generator(5 + 2 ** 32, "run");
    generator.uint32();
    const { key, stream, position, count } = generator.take(6);
    expect({ key, position, count }).toEqual({ key: [5, 1], position: 1, count: 6 });
    const words = new Uint32Array(8);
    philox4x32(words, { counter: [0, 0, ...stream], key });
    const again = new Generator(5 + 2 ** 32, "run");
    expect(Array.from({ length: 8 }, () => again.uint32())).toEqual([...words]);
    expect(generator.uint32()).toBe(words[7]);
  });

  it("forks by name, without regard to the parent's position and without moving it", () => {
    const parent = new Generator(1);
    const before = parent.fork("noise").uint32();
    parent.normalArray(10);
    const state = parent.state();
    expect(parent.fork("noise").uint32()).toBe(before);
    expect(parent.state()).toEqual(state);
    const names = ["noise", "Noise", "noise ", 0, 1, "a/b"];
    expect(
      new Set([...names.map((name) => parent.fork(name).uint32()), parent.fork("a").fork("b").uint32()]).size,
    ).toBe(7);
  });

  it("draws arrays that equal single draws", () => {
    const arrays = new Generator(2);
    const singles = new Generator(2);
    for (const n of [3, 1, 6]) {
      expect([...arrays.uniformArray(n)]).toEqual(Array.from({ length: n }, () => singles.uniform()));
      expect([...arrays.normalArray(n)]).toEqual(Array.from({ length: n }, () => Math.fround(singles.normal())));
    }
  });

  it("has the moments of the uniform and the normal distribution", () => {
    const n = 200_000;
    const uniform = new Generator(3).uniformArray(n);
    const normal = new Generator(4).normalArray(n);
    const mean = (values: Float32Array, power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / n;
    expect(mean(uniform, 1)).toBeCloseTo(1 / 2, 2);
    expect(mean(uniform, 2)).toBeCloseTo(1 / 3, 2);
    expect(Math.max(...uniform.subarray(0, 1000))).toBeLessThan(1);
    expect(mean(normal, 1)).toBeCloseTo(0, 1.5);
    expect(mean(normal, 2)).toBeCloseTo(1, 1.5);
    expect(mean(normal, 3)).toBeCloseTo(0, 1);
    expect(Math.abs(mean(normal, 4) - 3)).toBeLessThan(0.1);
    // Neighbours are independent.
    expect(Math.abs(normal.reduce((sum, x, i) => sum + x * (normal[i + 1] ?? 0), 0) / n)).toBeLessThan(0.01);
  });

  it("draws integers without bias and shuffles every order", () => {
    const generator = new Generator(5);
    const counts = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) counts[generator.integer(3)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(300);
    const items = [1, 2, 3];
    const orders = new Set(Array.from({ length: 200 }, () => generator.shuffle(items).join()));
    expect(orders.size).toBe(6);
    expect(items).toEqual([1, 2, 3]);
  });

  it.each([
    [() => new Generator(-1), /seed \(=-1\)/],
    [() => new Generator(0.5), /seed \(=0.5\)/],
    [() => new Generator(1).integer(0), /bound \(=0\)/],
    [() => Generator.fromState({ seed: 1, stream: "", position: -1 }), /position \(=-1\)/],
  ])("refuses wrong arguments", (f, message) => {
    expect(f).toThrow(message);
  });
});
