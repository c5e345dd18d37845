import { beforeAll, describe, expect, it } from "vitest";
import { Generator } from "../random/generator.ts";
import { tf } from "../tf.ts";
import { useBackend } from "./use-backend.ts";

const random = (shape: number[], seed: number) =>
  tf.tensor(new Generator(seed).normalArray(tf.util.sizeFromShape(shape)), shape);

/** a b, by loops over host arrays, for [B,M,K] and [B,K,N] as their transposes say. */
async function reference(
  a: tf.Tensor,
  b: tf.Tensor,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
): Promise<number[]> {
  const [left, right] = await Promise.all([a.data(), b.data()]);
  const batch = a.shape[0]!;
  const [m, k] = (transposeA ? [a.shape[2], a.shape[1]] : [a.shape[1], a.shape[2]]) as [number, number];
  const n = (transposeB ? b.shape[1] : b.shape[2]) as number;
  const values: number[] = [];
  for (let i = 0; i < batch * m * n; i++) {
    const [z, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
    let sum = 0;
    for (let j = 0; j < k; j++) {
      const x = left[z * m * k + (transposeA ? j * m + row : row * k + j)]!;
      sum += x * right[z * k * n + (transposeB ? column * k + j : j * n + column)]!;
    }
    values.push(sum);
  }
  return values;
}

const numBuffers = () => (tf.backend() as unknown as { numDataIds(): number }).numDataIds();

describe("products on wasm", () => {
  beforeAll(async () => {
    await useBackend({ backend: "wasm" });
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])("equal the reference with transposes %s, %s, at any use of the operands", async (transposeA, transposeB) => {
    const a = random(transposeA ? [2, 5, 3] : [2, 3, 5], 1);
    const b = random(transposeB ? [2, 7, 5] : [2, 5, 7], 2);
    const expected = await reference(a, b, { transposeA, transposeB });
    const before = numBuffers();
    for (let use = 0; use < 4; use++) {
      const y = tf.matMul(a, b, transposeA, transposeB);
      expect(y.shape).toEqual([2, 3, 7]);
      const values = await y.data();
      expect(Math.max(...expected.map((value, i) => Math.abs(value - values[i]!)))).toBeLessThan(1e-5);
      y.dispose();
    }
    // A transposed second operand keeps its transpose, and takes it along.
    expect(numBuffers() - before).toBe(transposeB ? 1 : 0);
    tf.dispose([a, b]);
    expect(numBuffers() - before).toBe(-2);
  });

  it("follow a variable that changes, and a tensor that is reshaped", async () => {
    const x = tf.tensor2d([[1, 2]]);
    const weight = tf.variable(
      tf.tensor2d([
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
    );
    const apply = (w: tf.Tensor) => tf.tidy(() => Array.from(tf.matMul(x, w as tf.Tensor2D, false, true).dataSync()));
    for (let use = 0; use < 3; use++) expect(apply(weight)).toEqual([1, 2, 3]);
    tf.tidy(() => weight.assign(weight.mul(2)));
    for (let use = 0; use < 3; use++) expect(apply(weight)).toEqual([2, 4, 6]);
    const square = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const flat = square.reshape([1, 4]);
    for (let use = 0; use < 3; use++) {
      expect(apply(square)).toEqual([5, 11]);
      const y = tf.tidy(() => Array.from(tf.matMul(tf.ones([1, 4]), flat as tf.Tensor2D, false, true).dataSync()));
      expect(y).toEqual([10]);
    }
    tf.dispose([x, weight, square, flat]);
  });
});
