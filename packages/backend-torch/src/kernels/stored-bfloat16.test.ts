import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { setTorchPrecision } from "../register.ts";
import { numbers, useTorch } from "../testing.ts";

// General kernels on tensors that are stored as bfloat16: the numbers of the same tensors stored as float32, bit for bit.

beforeAll(useTorch);
afterEach(() => setTorchPrecision("f32"));

/** Numbers that bfloat16 holds exactly, stored so when `isStored`, as fused kernels store their results. */
function tensor(shape: number[], seed: number, isStored: boolean): tf.Tensor {
  const values = numbers(tf.util.sizeFromShape(shape), { seed }).map((x) => Math.round(x * 64) / 64);
  const plain = tf.tensor(values, shape);
  if (!isStored || plain.size === 0) return plain;
  const last = shape.at(-1) ?? 1;
  setTorchPrecision("bf16");
  const flat = plain.reshape([-1, last]);
  const stored = tf.engine().runKernel("Linear", { x: flat, weight: tf.eye(last) }, {}) as tf.Tensor;
  setTorchPrecision("f32");
  return stored.reshape(shape);
}

/** What `run` gives for inputs stored as float32, and for every other choice of storage. */
function expectSame(shapes: number[][], run: (inputs: tf.Tensor[]) => tf.Tensor): void {
  tf.tidy(() => {
    const resultOf = (choice: number) => run(shapes.map((shape, i) => tensor(shape, i + 1, ((choice >> i) & 1) === 1)));
    const plain = resultOf(0);
    for (let choice = 1; choice < 2 ** shapes.length; choice++) {
      const result = resultOf(choice);
      expect(result.shape).toEqual(plain.shape);
      expect(result.dtype).toBe("float32");
      expect(result.dataSync()).toEqual(plain.dataSync());
    }
  });
}

describe("sums of two", () => {
  test.each([
    [[7], [7]],
    [
      [3, 5, 33],
      [3, 5, 33],
    ],
    [[40, 30, 31], [31]],
    [
      [40, 30, 31],
      [30, 31],
    ],
    [
      [6, 9, 9, 32],
      [6, 1, 1, 32],
    ],
    [
      [6, 1, 1, 32],
      [6, 9, 9, 32],
    ],
    [
      [6, 9, 9, 32],
      [1, 1, 9, 1],
    ],
    [
      [5, 1, 4],
      [5, 3, 1],
    ],
    [[4, 8], []],
    [
      [2, 3, 1],
      [2, 3, 1],
    ],
    [
      [0, 3],
      [1, 3],
    ],
  ])("of %j and %j", (a, b) => expectSame([a, b], ([x, y]) => tf.add(x!, y!)));

  test("of parts that lie inside a wider tensor", () => {
    expectSame([[20, 48]], ([x]) => {
      const [first, second] = tf.split(x!, 2, 1) as [tf.Tensor, tf.Tensor];
      return tf.add(first, second);
    });
  });
});

test.each([[[3, 4]], [[2, 3, 5, 7]], [[1]]])("axes of %j change places", (shape) => {
  expectSame([shape], ([x]) => tf.transpose(x!));
});

test.each([[[1, 5]], [[70, 33]], [[9000, 17]], [[0, 4]], [[3, 40, 50, 12]]])(
  "rows of %j are summed to float32's precision",
  (shape) => {
    for (const isStored of [false, true]) {
      tf.tidy(() => {
        const x = tensor(shape, 1, isStored);
        const sums = tf.engine().runKernel("LinearGradBias", { dy: x }, {}) as tf.Tensor;
        const size = shape.at(-1)!;
        const expected = new Float64Array(size);
        x.dataSync().forEach((value, i) => {
          expected[i % size]! += value;
        });
        expect(sums.shape).toEqual([size]);
        // Multiples of 1/64 below 2^17 add up without rounding in float32, too.
        expect([...sums.dataSync()]).toEqual([...expected]);
      });
    }
  },
);
