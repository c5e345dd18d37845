import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, outcomeOn, tensor, useTorch } from "../testing.ts";

beforeAll(useTorch);

/** The values of `convolve` and its gradients on `torch` are those on `cpu`. */
function agrees(convolve: (x: tf.Tensor, filter: tf.Tensor) => tf.Tensor, x: number[], filter: number[]): void {
  const program = (): tf.Tensor[] => {
    const inputs = [tensor(x, { seed: 1 }), tensor(filter, { seed: 2 })] as const;
    const y = convolve(...inputs);
    const weights = tensor(y.shape, { seed: 3 });
    return [
      y,
      ...tf.grads((...xs) => tf.sum(tf.mul(convolve(xs[0] as tf.Tensor, xs[1] as tf.Tensor), weights)))([...inputs]),
    ];
  };
  const [actual, expected] = [outcomeOn("torch", program), outcomeOn("cpu", program)];
  expect(actual.shapes).toEqual(expected.shapes);
  for (const [i, values] of actual.values.entries()) {
    expect(largestError(values, expected.values[i] as number[])).toBeLessThan(1e-5);
  }
}

// oneDNN's convolutions for AVX-512 gave other numbers.
describe("a column of windows whose rows go by one, its columns by more", () => {
  type Case = [x: number[], filter: number[], strides: [number, number], pad: "same" | "valid"];
  const cases: Case[] = [
    [[2, 5, 5, 1], [4, 4, 1, 1], [1, 3], "valid"],
    [[2, 8, 1, 3], [3, 3, 3, 16], [1, 2], "same"],
    [[1, 2, 3, 16], [3, 3, 16, 16], [1, 3], "same"],
  ];
  test.each(cases)("of %j by %j, strides %j, %s", (x, filter, strides, pad) => {
    agrees((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad), x, filter);
  });
  test("with a residual", () => {
    const [x, weight, residual] = [tensor([1, 5, 5, 2]), tensor([4, 4, 2, 16]), tensor([1, 2, 1, 16], { seed: 5 })];
    const attrs = {
      strides: [1, 3],
      padding: [
        [0, 0],
        [0, 0],
      ],
      groups: 1,
    };
    const sum = (): tf.Tensor =>
      tf.engine().runKernel("GroupedConv2d", { x, weight, residual }, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
    const convolved = (): tf.Tensor => tf.conv2d(x as tf.Tensor4D, weight as tf.Tensor4D, [1, 3], "valid");
    const expected = outcomeOn("cpu", () => tf.add(convolved(), residual)).values[0] as number[];
    expect(largestError(outcomeOn("torch", sum).values[0] as number[], expected)).toBeLessThan(1e-5);
    tf.dispose([x, weight, residual]);
  });
  test("in three dimensions", () => {
    const convolve = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
      tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, [2, 1, 3], "same");
    agrees(convolve, [2, 5, 8, 1, 1], [2, 2, 2, 1, 16]);
  });
});

test("windows that lie in the padding pass no gradient on", () => {
  const padding: tf.backend_util.ExplicitPadding = [
    [0, 0],
    [2, 1],
    [2, 0],
    [0, 0],
  ];
  const convolve = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 4], padding);
  agrees(convolve, [1, 1, 2, 5], [3, 1, 5, 1]);
});

describe("the number of windows is TensorFlow.js's", () => {
  const cases = [
    { x: [1, 6, 1, 3], filter: [1, 1, 3, 2], strides: 5, pad: 2, round: "ceil" },
    { x: [2, 7, 7, 2], filter: [2, 2, 2, 3], strides: 2, pad: 0, round: "round" },
    { x: [1, 4, 3, 1], filter: [3, 2, 1, 1], strides: 1, pad: 1, round: "floor" },
    { x: [1, 6, 6, 1], filter: [1, 2, 1, 3], strides: 1, pad: 2, round: "floor" },
    { x: [1, 1, 2, 2], filter: [3, 1, 2, 3], strides: 2, pad: 2, round: "floor" },
  ] as const;
  test.each(cases)("of $x by $filter, strides $strides, padding $pad, $round", ({ x, filter, strides, pad, round }) => {
    const plain = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad, "NHWC", 1, round);
    agrees(plain, [...x], [...filter]);
    const depthwise = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
      tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad, "NHWC", 1, round);
    agrees(depthwise, [...x], [...filter]);
  });
  // TensorFlow.js has no gradients of these.
  test("where kernels are spread out", () => {
    const program = (): tf.Tensor =>
      tf.conv2d(
        tensor([2, 5, 6, 1]) as tf.Tensor4D,
        tensor([3, 1, 1, 3]) as tf.Tensor4D,
        1,
        2,
        "NHWC",
        [3, 1],
        "floor",
      );
    const [actual, expected] = [outcomeOn("torch", program), outcomeOn("cpu", program)];
    expect(actual.shapes).toEqual(expected.shapes);
    expect(largestError(actual.values[0] as number[], expected.values[0] as number[])).toBeLessThan(1e-5);
  });
});
