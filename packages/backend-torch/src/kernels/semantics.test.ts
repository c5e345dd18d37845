/** Where TensorFlow.js's rules of types and special values differ from ATen's, beyond what TensorFlow.js's specs check. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, outcomeOn, tensor, useTorch } from "../testing.ts";

beforeAll(useTorch);

const values = (program: () => tf.Tensor): number[] => outcomeOn("torch", program).values[0] as number[];
const integers = (...numbers: number[]): tf.Tensor1D => tf.tensor1d(numbers, "int32");
const runKernel = (name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor =>
  [tf.engine().runKernel(name, inputs, attrs as tf.NamedAttrMap)].flat()[0] as tf.Tensor;

describe("integers", () => {
  test("division and remainder by zero give zero", () => {
    expect(values(() => tf.floorDiv(integers(7, -7, 0), integers(0, 0, 0)))).toEqual([0, 0, 0]);
    expect(values(() => tf.mod(integers(7, -7, -7), integers(0, 3, -3)))).toEqual([0, 2, -1]);
  });

  test("casts truncate, wrap around and turn what is not finite into zero", () => {
    const floats = [1.9, -1.9, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 32 + 512];
    expect(values(() => tf.cast(tf.tensor1d(floats), "int32"))).toEqual([1, -1, 0, 0, -(2 ** 31), 512]);
  });

  test("what ATen has of floats only takes integers and booleans", () => {
    const flags = tf.tensor1d([true, false], "bool");
    for (const op of [tf.abs, tf.relu, tf.relu6, tf.round, tf.square]) {
      expect(values(() => op(flags))).toEqual([1, 0]);
    }
    expect(values(() => tf.leakyRelu(integers(-5, 2), 0.5))).toEqual([-2.5, 2]);
    expect(values(() => tf.softplus(integers(0)))[0]).toBeCloseTo(Math.log(2), 6);
    flags.dispose();
  });

  test("products wrap around and keep their type", () => {
    const row = (...numbers: number[]): tf.Tensor2D => tf.reshape(integers(...numbers), [1, -1]) as tf.Tensor2D;
    const product = outcomeOn("torch", () => tf.matMul(row(2 ** 30, 3), row(4, 5), false, true));
    expect([product.values, product.dtypes]).toEqual([[[15]], ["int32"]]);
    const sum = outcomeOn("torch", () => tf.einsum("ij->i", row(1, 2, 3)));
    expect([sum.values, sum.dtypes]).toEqual([[[6]], ["int32"]]);
    const grids = outcomeOn("torch", () => tf.meshgrid(tf.tensor1d([true, false], "bool"), integers(3)));
    expect([grids.values, grids.dtypes]).toEqual([
      [
        [1, 0],
        [3, 3],
      ],
      ["bool", "int32"],
    ]);
  });
});

describe("integers that float32 does not hold", () => {
  const large = [2 ** 31 - 1, -(2 ** 24) - 1, 2 ** 24 + 1, -(2 ** 31)];
  const image = (): tf.Tensor4D => tf.tensor4d(large, [1, 2, 2, 1], "int32");
  test("stay themselves in pooling and resizing to the nearest", () => {
    expect(values(() => tf.maxPool(image(), [1, 2], 1, "valid"))).toEqual([2 ** 31 - 1, 2 ** 24 + 1]);
    expect(values(() => tf.image.resizeNearestNeighbor(image(), [2, 2]))).toEqual(large);
    const taller = values(() => tf.image.resizeNearestNeighbor(image(), [4, 1]));
    expect(taller).toEqual([large[0], large[0], large[2], large[2]]);
  });

  test("stay themselves between bounds, which lose their fractions", () => {
    expect(values(() => tf.clipByValue(image(), -(2 ** 40), Number.POSITIVE_INFINITY))).toEqual(large);
    expect(values(() => tf.clipByValue(image(), -(2 ** 24) - 1, 2 ** 24 + 1.5))).toEqual([
      2 ** 24 + 1,
      -(2 ** 24) - 1,
      2 ** 24 + 1,
      -(2 ** 24) - 1,
    ]);
    expect(values(() => tf.clipByValue(integers(-3, -1, 0, 1, 3), -1.5, 2.5))).toEqual([-1, -1, 0, 1, 2]);
  });
});

test("einsum multiplies integers by integers summed before, and by floats", () => {
  const [a, b] = [tf.tensor3d([-2, -2, -5, -5], [1, 2, 2], "int32"), tf.tensor2d([1, 3, 1, -1, 4, 6], [3, 2], "int32")];
  const sums = outcomeOn("torch", () => tf.einsum("kil,ji->kl", a, b));
  expect([sums.values, sums.dtypes]).toEqual([[[-52, -52]], ["int32"]]);
  const mixed = outcomeOn("torch", () => tf.einsum("kil,i->kl", a, tf.tensor1d([0.5, 0.25])));
  expect([mixed.values, mixed.dtypes]).toEqual([[[-2.25, -2.25]], ["float32"]]);
  tf.dispose([a, b]);
});

test("a number that float32 cannot hold is infinite", () => {
  const [most, infinity] = [Number.MAX_VALUE, Number.POSITIVE_INFINITY];
  const x = tf.tensor1d([-1, 2]);
  expect(values(() => tf.clipByValue(x, -most, most))).toEqual([-1, 2]);
  expect(values(() => tf.fill([1], -most))).toEqual([-infinity]);
  expect(values(() => tf.pad(x, [[1, 0]], most))).toEqual([infinity, -1, 2]);
  // Its lower bound is a small number, the upper one the largest there is.
  const metric = (): tf.Tensor => tf.metrics.meanAbsolutePercentageError(tf.tensor1d([4, -5]), x);
  expect(values(metric)[0]).toBeCloseTo((125 + 140) / 2, 4);
  x.dispose();
});

test("fill takes truth values", () => {
  const program = (): tf.Tensor => tf.fill([2], true as unknown as number);
  expect(outcomeOn("torch", program)).toEqual(outcomeOn("cpu", program));
});

test("the largest of nothing is smaller than everything", () => {
  expect(values(() => tf.max(tf.zeros([0, 2]), 0))).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  expect(values(() => tf.min(tf.zeros([0, 1]), 0))).toEqual([Number.POSITIVE_INFINITY]);
});

describe("strings", () => {
  const words = (): tf.Tensor1D => tf.tensor1d(["b", "a", "ß", "a"]);

  test("follow their positions through kernels that move elements", () => {
    const strings = outcomeOn("torch", () => [
      tf.gatherND(words(), tf.tensor2d([2, 0], [2, 1], "int32")),
      tf.stridedSlice(words(), [3], [0], [-1]),
      tf.stack([tf.slice(words(), 1, 2), tf.slice(words(), 0, 2)]),
      tf.unique(words()).values,
    ]).values;
    expect(strings).toEqual([
      ["ß", "b"],
      ["a", "ß", "a"],
      ["a", "ß", "b", "a"],
      ["b", "a", "ß"],
    ]);
  });

  test("are refused by kernels that compute", () => {
    tf.setBackend("torch");
    const input = words();
    expect(() => runKernel("Neg", { x: input })).toThrowError("does not take string tensors");
    input.dispose();
  });
});

test("an equation of any length is read to its end", () => {
  const equation = `ab,${" ".repeat(300)}bc->ac`;
  expect(values(() => tf.einsum(equation, tf.ones([1, 3]), tf.ones([3, 1])))).toEqual([3]);
});

test("draws from probabilities in whole numbers", () => {
  const certain = tf.tensor2d([[0, 1, 0]], [1, 3], "int32");
  expect(values(() => tf.multinomial(certain, 2, 1, true))).toEqual([1, 1]);
});

test("images rotated by any angle agree with TensorFlow.js", () => {
  const program = (): tf.Tensor[] => [
    tf.image.rotateWithOffset(tensor([2, 5, 4, 3]) as tf.Tensor4D, 0.7, 3, [0.4, 0.6]),
    tf.image.rotateWithOffset(tensor([1, 3, 3, 4]) as tf.Tensor4D, -2, [1, 2, 3], 0.5),
  ];
  const [actual, expected] = [outcomeOn("torch", program), outcomeOn("cpu", program)];
  for (const [i, image] of expected.values.entries()) {
    expect(largestError(actual.values[i] ?? [], image)).toBeLessThan(1e-6);
  }
});

test("a tensor is split into thousands of parts", () => {
  expect(outcomeOn("torch", () => tf.unstack(tf.range(0, 5000))).values.flat()).toEqual([...Array(5000).keys()]);
});
