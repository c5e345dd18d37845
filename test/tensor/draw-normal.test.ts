import { drawNormal, Generator, type NormalDraw, tf, useBackend, withPortableOps } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";

/** Draws that begin anywhere in a block, hold none or many numbers, and lie past what 32 bits count. */
function draws(): NormalDraw[] {
  const places = [
    { position: 0, count: 3 },
    { position: 1, count: 0 },
    { position: 3, count: 70_001 },
    { position: 2 ** 34 - 7, count: 1025 },
    { position: 2 ** 32 - 2, count: 4 },
    { position: 6, count: 300_000 },
  ];
  return places.map(({ position, count }, i) => ({
    generator: Generator.fromState({ seed: 2 ** 40 + i, stream: `noise/${i}`, position }),
    count,
  }));
}

describe.each(["cpu", "torch"] as const)("normal numbers on %s", (backend) => {
  beforeAll(async () => {
    await useBackend({ backend, threads: 2 });
  });

  it("are those of the generators, which go on behind them", async () => {
    const drawn = draws();
    const numbers = await drawNormal(drawn).data<"float32">();
    const expected = draws();
    let offset = 0;
    for (const [i, { generator, count }] of expected.entries()) {
      const part = generator.normalArray(count);
      const differences = part.map((value, j) => Math.abs(value - numbers[offset + j]!) / Math.abs(value));
      expect(differences.reduce((most, x) => Math.max(most, x), 0)).toBeLessThan(2 ** -23);
      expect(drawn[i]!.generator.state()).toEqual(generator.state());
      offset += count;
    }
    expect(numbers.length).toBe(offset);
    expect(drawNormal([]).shape).toEqual([0]);
  });

  it("are the same on one thread and on two, and drawn again", async () => {
    const [two, again] = [await drawNormal(draws()).data(), await drawNormal(draws()).data()];
    await useBackend({ backend, threads: 1 });
    expect(await drawNormal(draws()).data()).toEqual(two);
    expect(again).toEqual(two);
  });

  it("refuse what is no count", () => {
    const generator = new Generator(1);
    for (const count of [-1, 0.5, Number.NaN]) {
      expect(() => drawNormal([{ generator, count }])).toThrow(`drawNormal: count (=${count})`);
    }
    expect(generator.state().position).toBe(0);
  });
});

it("have a portable definition", async () => {
  await useBackend({ backend: "torch" });
  const generator = new Generator(3);
  const numbers = withPortableOps(() => drawNormal([{ generator, count: 5 }]));
  expect([...(await numbers.data())]).toEqual([...new Generator(3).normalArray(5)]);
  expect(tf.getBackend()).toBe("torch");
});
