/**
 * The torch kernels against the portable definitions on TensorFlow.js's own `cpu` backend, in float32, over random shapes.
 * "Within 1e-5" is of the largest magnitude in the expected array, which counts as 0.25 at least: inputs and incoming gradients
 * are of order one, and some gradients cancel to nothing but rounding (attention to one key, a norm over one value).
 */
import { attention, Generator, tf, useBackend, valueAndGrads, withPortableOps } from "@interfuse/tensor";
import { describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";
import { expectClose, randomInputs, runCase } from "./helpers.ts";
import { randomCases, randomRanges } from "./random-cases.ts";

const TOLERANCE = 1e-5;
const FLOOR = { floor: 0.25 };

// Everything here is skipped, with a printed reason, only where the addon is not built; under CI=true that is a failure instead.
describe.skipIf((await torchUnavailable()) !== undefined)("torch kernels over random shapes", () => {
  const useTorch = () => useBackend({ backend: "torch", precision: "f32", threads: 1 });

  it.each(randomCases)("$name", async (opCase) => {
    await useBackend({ backend: "cpu" });
    const inputs = randomInputs(opCase);
    const portable = await withPortableOps(() => runCase(opCase, inputs));
    await useTorch();
    const numTensors = tf.memory().numTensors;
    const fused = await runCase(opCase, inputs);
    expect(tf.memory().numTensors).toBe(numTensors);
    expectClose(fused.y, portable.y, TOLERANCE, FLOOR);
    for (const [name, gradient] of Object.entries(portable.gradients)) {
      expectClose(fused.gradients[name]!, gradient, TOLERANCE, FLOOR);
    }
  });

  it.each(["documents", "two random ranges"])("attention over 8,192 tokens, %s", async (kind) => {
    await useTorch();
    const [tokens, heads, kvHeads, headDim] = [8192, 2, 1, 16];
    const generator = new Generator(3, `8k ${kind}`);
    const ranges = kind === "documents" ? packedDocuments(generator, tokens) : randomRanges(generator, tokens, tokens);
    const make = (numHeads: number): tf.Tensor3D =>
      tf.tensor3d(generator.normalArray(tokens * numHeads * headDim), [tokens, numHeads, headDim]);
    const [query, key, value, dy] = [make(heads), make(kvHeads), make(kvHeads), make(heads)];
    const parameters = new Map([
      ["query", query],
      ["key", key],
      ["value", value],
    ]);
    /** The op over `count` queries from `start`: a dense 8k x 8k matrix of the portable definition would not fit. */
    const run = (start: number, count: number) =>
      valueAndGrads(() => {
        const y = attention({
          query: query.slice(start, count),
          key,
          value,
          keyRanges: Int32Array.from(ranges.slice(start, start + count).flat()),
        });
        return { loss: y.mul(dy.slice(start, count)).sum() as tf.Scalar, y };
      }, parameters);
    const fused = run(0, tokens);
    const expected = new Map([...parameters.keys()].map((name) => [name, new Float64Array(tokens * headDim * heads)]));
    const expectedY: number[] = [];
    for (let start = 0; start < tokens; start += 512) {
      const { outputs, gradients } = withPortableOps(() => run(start, 512));
      expectedY.push(...(await outputs.y.data()));
      for (const [name, gradient] of gradients) {
        const sum = expected.get(name)!;
        for (const [i, part] of (await gradient.data()).entries()) sum[i] = sum[i]! + part;
      }
      tf.dispose([outputs, ...gradients.values()]);
    }
    expectClose(await fused.outputs.y.data(), expectedY, TOLERANCE, FLOOR);
    for (const [name, gradient] of fused.gradients) {
      expectClose(await gradient.data(), expected.get(name)!.subarray(0, gradient.size), TOLERANCE, FLOOR);
    }
    tf.dispose([...parameters.values(), dy, fused.outputs, ...fused.gradients.values()]);
  });
});

/** Causal within documents of random lengths; in each, some tokens in the middle see one another, as an image's do. */
function packedDocuments(generator: Generator, tokens: number): number[][] {
  const ranges: number[][] = [];
  while (ranges.length < tokens) {
    const start = ranges.length;
    const end = Math.min(tokens, start + 1 + generator.integer(1500));
    const image = [start + Math.floor((end - start) / 3), start + Math.floor((2 * (end - start)) / 3)] as const;
    for (let i = start; i < end; i++) ranges.push([start, i >= image[0] && i < image[1] ? image[1] : i + 1, 0, 0]);
  }
  return ranges;
}
