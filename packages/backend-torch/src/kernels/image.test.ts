import * as tf from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { largestError, outcomeOn, tensor, useTorch } from "../testing.ts";

beforeAll(useTorch);

/** Values, and gradients of a weighted sum of them for every input, equal those of backend `cpu`. */
function agreesWithGradients(name: string, shapes: number[][], compute: (...inputs: tf.Tensor[]) => tf.Tensor): void {
  const program = (): tf.Tensor[] => {
    const inputs = shapes.map((shape, i) => tensor(shape, { seed: i + 1 }));
    const scalar = (...xs: tf.Tensor[]): tf.Scalar => {
      const y = compute(...xs);
      return tf.sum(tf.mul(y, tensor(y.shape, { seed: 9 })));
    };
    return [compute(...inputs), ...tf.grads(scalar)(inputs)];
  };
  test(name, () => {
    const expected = outcomeOn("cpu", program);
    const actual = outcomeOn("torch", program);
    expect(actual.shapes).toEqual(expected.shapes);
    for (const [i, values] of expected.values.entries())
      expect(largestError(actual.values[i] ?? [], values)).toBeLessThan(5e-5);
  });
}

const image = (x: tf.Tensor): tf.Tensor4D => x as tf.Tensor4D;

agreesWithGradients(
  "conv2d, same padding",
  [
    [2, 6, 5, 3],
    [3, 3, 3, 4],
  ],
  (x, w) => tf.conv2d(image(x), image(w), 1, "same"),
);
agreesWithGradients(
  "conv2d, strides and uneven padding",
  [
    [1, 6, 7, 3],
    [3, 3, 3, 2],
  ],
  (x, w) => tf.conv2d(image(x), image(w), 2, "same"),
);
agreesWithGradients(
  "conv2d, a batch computed in pieces",
  [
    [19, 4, 5, 2],
    [3, 3, 2, 3],
  ],
  (x, w) => tf.conv2d(image(x), image(w), 2, "same"),
);
agreesWithGradients(
  "conv2d, pointwise",
  [
    [2, 3, 3, 5],
    [1, 1, 5, 4],
  ],
  (x, w) => tf.conv2d(image(x), image(w), 1, "valid"),
);
agreesWithGradients(
  "conv2dTranspose",
  [
    [1, 4, 4, 3],
    [4, 4, 2, 3],
  ],
  (x, w) => tf.conv2dTranspose(image(x), image(w), [1, 8, 8, 2], 2, "same"),
);
agreesWithGradients(
  "conv3d, strides longer than the kernel",
  [
    [1, 4, 4, 4, 2],
    [2, 2, 1, 2, 2],
  ],
  (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 2, "same"),
);
agreesWithGradients(
  "depthwiseConv2d",
  [
    [2, 5, 5, 3],
    [3, 3, 3, 2],
  ],
  (x, w) => tf.depthwiseConv2d(image(x), image(w), 1, "same"),
);
// Backend `cpu` divides the gradient by the whole window even where padding does not count, so no padding here.
agreesWithGradients("avgPool", [[2, 7, 5, 3]], (x) => tf.avgPool(image(x), 3, 2, "valid"));
agreesWithGradients("maxPool", [[2, 6, 5, 3]], (x) => tf.maxPool(image(x), [2, 3], 2, "valid"));
// Gradients of `cpu` are wrong for oblong images (bilinear) and for more than one image (nearest).
agreesWithGradients("resizeBilinear", [[2, 5, 5, 3]], (x) => tf.image.resizeBilinear(image(x), [7, 3]));
agreesWithGradients("resizeBilinear, aligned corners", [[1, 5, 5, 2]], (x) =>
  tf.image.resizeBilinear(image(x), [8, 9], true),
);
agreesWithGradients("resizeNearestNeighbor", [[1, 4, 5, 3]], (x) => tf.image.resizeNearestNeighbor(image(x), [8, 10]));

test("average pooling of ones spreads the gradient over the pixels that count", () => {
  tf.setBackend("torch");
  const dx = tf.tidy(() =>
    Array.from(
      tf
        .grad((x) => tf.sum(tf.avgPool(image(x), 3, 2, "same")))(tf.ones([1, 5, 5, 1]))
        .dataSync(),
    ),
  );
  // Each window's gradients add up to one, also at the border.
  expect(dx.reduce((sum, x) => sum + x)).toBeCloseTo(9, 5);
});

test("half-pixel centres and fused convolutions", () => {
  const program = (): tf.Tensor[] => [
    tf.image.resizeBilinear(image(tensor([1, 4, 4, 2])), [7, 7], false, true),
    tf.image.resizeNearestNeighbor(image(tensor([1, 4, 4, 2])), [7, 7], false, true),
    tf.fused.conv2d({
      x: image(tensor([1, 4, 4, 2])),
      filter: image(tensor([3, 3, 2, 3])),
      strides: 1,
      pad: "same",
      bias: tensor([3]),
      activation: "relu",
    }),
    tf.conv2d(image(tensor([1, 9, 9, 2])), image(tensor([3, 3, 2, 3])), 1, "same", "NHWC", 2),
  ];
  const expected = outcomeOn("cpu", program);
  const actual = outcomeOn("torch", program);
  for (const [i, values] of expected.values.entries())
    expect(largestError(actual.values[i] ?? [], values)).toBeLessThan(5e-5);
});
