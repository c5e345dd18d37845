import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { outcomeOn, tensor, useTorch } from "../testing.ts";

beforeAll(useTorch);

/** Where sizes are zero ATen often throws; TensorFlow.js gives what is left: nothing, or zeros. */
function agrees(name: string, program: () => tf.Tensor | tf.Tensor[]): void {
  test(name, () => {
    expect(outcomeOn("torch", program)).toEqual(outcomeOn("cpu", program));
  });
}

describe("convolution", () => {
  type Case = [x: number[], weight: number[], strides: number, format?: "NHWC" | "NCHW"];
  const cases: Record<string, Case> = {
    "of images lower than the kernel": [[2, 2, 5, 3], [3, 3, 3, 2], 1],
    "of images narrower than the kernel, channels first": [[2, 3, 5, 2], [3, 3, 3, 2], 2, "NCHW"],
    "of no images": [[0, 4, 4, 3], [3, 3, 3, 2], 1],
    "of no channels": [[2, 4, 4, 0], [3, 3, 0, 2], 1],
    "of no channels, pointwise": [[2, 4, 4, 0], [1, 1, 0, 2], 1],
    "to no channels": [[2, 4, 4, 3], [3, 3, 3, 0], 1],
  };
  for (const [name, [x, weight, strides, format]] of Object.entries(cases)) {
    agrees(`${name}, with gradients`, () => {
      const inputs = [tensor(x), tensor(weight)];
      const convolve = (...[images, kernel]: tf.Tensor[]): tf.Tensor =>
        tf.conv2d(images as tf.Tensor4D, kernel as tf.Tensor4D, strides, "valid", format);
      return [convolve(...inputs), ...tf.grads((...xs) => tf.sum(convolve(...xs)))(inputs)];
    });
  }
  agrees("depthwise, of no channels", () =>
    tf.depthwiseConv2d(tensor([1, 4, 4, 0]) as tf.Tensor4D, tensor([2, 2, 0, 3]) as tf.Tensor4D, 1, "valid"),
  );
  const volumes: Record<string, [x: number[], weight: number[]]> = {
    "of volumes shallower than the kernel": [
      [2, 2, 5, 4, 2],
      [3, 1, 1, 2, 2],
    ],
    "of no volumes": [
      [0, 3, 3, 3, 2],
      [2, 2, 2, 2, 1],
    ],
    "of volumes to no channels": [
      [1, 3, 3, 3, 2],
      [2, 2, 2, 2, 0],
    ],
  };
  for (const [name, [x, weight]] of Object.entries(volumes)) {
    agrees(`${name}, with gradients`, () => {
      const inputs = [tensor(x), tensor(weight)];
      const convolve = (...[images, kernel]: tf.Tensor[]): tf.Tensor =>
        tf.conv3d(images as tf.Tensor5D, kernel as tf.Tensor5D, 1, "valid");
      return [convolve(...inputs), ...tf.grads((...xs) => tf.sum(convolve(...xs)))(inputs)];
    });
  }
  test("of padding alone passes no gradient on", () => {
    const [dy, weight] = [tensor([1, 3, 1, 2]), tensor([3, 3, 4, 2])];
    const padding = [
      [1, 1],
      [3, 0],
    ];
    const attrs = { strides: [1, 1], padding, groups: 1, inputShape: [1, 3, 0, 4] };
    const program = (): tf.Tensor =>
      tf.engine().runKernel("GroupedConv2dGradInput", { dy, weight }, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
    expect(outcomeOn("torch", program).shapes).toEqual([[1, 3, 0, 4]]);
    tf.dispose([dy, weight]);
  });
  test("of no channels is its bias", () => {
    const [x, filter] = [tensor([1, 2, 2, 0]), tensor([1, 1, 0, 2])] as [tf.Tensor4D, tf.Tensor4D];
    const program = (): tf.Tensor =>
      tf.fused.conv2d({ x, filter, strides: 1, pad: "valid", bias: tf.tensor1d([1, -2]), activation: "relu" });
    expect(outcomeOn("torch", program).values).toEqual([[1, 0, 1, 0, 1, 0, 1, 0]]);
  });
});

describe("indices", () => {
  const integers = (values: number[], shape: number[]): tf.Tensor => tf.tensor(values, shape, "int32");
  agrees("of rows without values", () => [
    tf.scatterND(integers([1], [1, 1]), tensor([1, 0]), [3, 0]),
    tf.tensorScatterUpdate(tensor([3, 0]), integers([1], [1, 1]), tensor([1, 0])),
  ]);
  test("gather rows without values", () => {
    const program = (): tf.Tensor[] => [
      tf.gatherND(tensor([3, 0]), integers([1, 2], [2, 1])),
      tf.gather(tensor([0, 3]), integers([], [0, 2]), 1, 1),
    ];
    expect(outcomeOn("torch", program).shapes).toEqual([
      [2, 0],
      [0, 2],
    ]);
  });
  agrees("of no coordinates take everything", () => [
    tf.gatherND(tensor([2, 3]), integers([], [0])),
    tf.gatherND(tensor([2, 3]), integers([], [4, 0])),
  ]);
  agrees("counted into nothing", () => [
    tf.bincount(tf.tensor1d([1, 3], "int32"), tf.tensor1d([]), 0),
    tf.denseBincount(tf.tensor2d([[1], [3]], [2, 1], "int32"), tf.tensor2d([[1], [2]]), 0),
  ]);
});

test.each([
  [0, 3],
  [3, 0],
])("Muon passes over a weight of %i by %i", (...shape) => {
  tf.setBackend("torch");
  const weights = Array.from({ length: 3 }, () => tf.zeros(shape));
  const [parameter0, gradient0, momentum0] = weights.map((weight) => tf.variable(weight));
  const inputs = { parameter0, gradient0, momentum0 } as tf.NamedTensorMap;
  const norm = tf.engine().runKernel("MuonUpdate", inputs, { rates: [0.1], momentum: 0.9, decay: 0 }) as tf.Tensor;
  expect(norm.dataSync()[0]).toBe(0);
  tf.dispose([norm, inputs, weights]);
});
