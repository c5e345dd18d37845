/** What the tests of ops share: random inputs, the loss they differentiate, finite differences, comparison. */
import { Generator, tf, valueAndGrads } from "@interfuse/tensor";
import { expect } from "vitest";
import type { OpCase, Values } from "./cases.ts";

/** Random inputs of a case, and the weights of its outputs in the loss sum(weights · y). */
export function randomInputs({ name, inputs, run }: OpCase): { values: Values; lossWeights: Float32Array } {
  const generator = new Generator(7, name);
  const values = Object.fromEntries(
    Object.entries(inputs).map(([input, shape]) => [input, generator.normalArray(tf.util.sizeFromShape(shape))]),
  );
  return { values, lossWeights: generator.normalArray(outputSize({ inputs, run })) };
}

/** How many values the op gives. */
export function outputSize({ inputs, run }: Pick<OpCase, "inputs" | "run">): number {
  return tf.tidy(
    () => run(Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, tf.zeros(shape)]))).size,
  );
}

/** The op's output and the gradients of sum(weights · y), on the current backend. */
export async function runCase(
  { inputs, run }: OpCase,
  { values, lossWeights }: { values: Values; lossWeights: Float32Array },
): Promise<{ y: Float32Array; gradients: Record<string, Float32Array> }> {
  const tensors = new Map(
    Object.entries(inputs).map(([name, shape]) => [name, tf.tensor(values[name] as Float32Array, shape)]),
  );
  const { outputs, gradients } = valueAndGrads(() => {
    const y = run(Object.fromEntries(tensors));
    return { loss: y.flatten().mul(tf.tensor1d(lossWeights)).sum(), y };
  }, tensors);
  const y = (await outputs.y.data()) as Float32Array;
  const read: Record<string, Float32Array> = {};
  for (const [name, gradient] of gradients) read[name] = (await gradient.data()) as Float32Array;
  tf.dispose([...tensors.values(), ...gradients.values(), outputs.loss, outputs.y]);
  return { y, gradients: read };
}

/** The gradient of sum(weights · reference) for one input, by central differences in double precision. */
export function finiteDifferences(
  { reference }: OpCase,
  input: string,
  { values, lossWeights }: { values: Values; lossWeights: Float32Array },
): number[] {
  const point = Float64Array.from(values[input]!);
  const loss = (): number =>
    reference({ ...values, [input]: point }).reduce((sum, y, i) => sum + y * lossWeights[i]!, 0);
  return Array.from(point, (centre, i) => {
    point[i] = centre + 1e-5;
    const above = loss();
    point[i] = centre - 1e-5;
    const below = loss();
    point[i] = centre;
    return (above - below) / 2e-5;
  });
}

/** Asserts that the largest difference is within `tolerance` of the largest expected magnitude (or of `floor`). */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  { floor = 1 }: { floor?: number } = {},
): void {
  expect(actual.length).toBe(expected.length);
  let [scale, worst] = [floor, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(expected[i]! - actual[i]!);
    scale = Math.max(scale, Math.abs(expected[i]!));
    worst = Math.max(worst, difference); // which keeps NaN
  }
  expect(worst / scale, `largest difference ${worst} at scale ${scale}`).toBeLessThanOrEqual(tolerance);
}
