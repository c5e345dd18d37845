/**
 * Doubling a picture by nearest neighbours and convolving it with a 3x3 kernel, without the doubled picture: a pixel of the
 * result lies over a square of 2x2 pixels of the input, and each of the four that share an input pixel has a 2x2 kernel of
 * its own, of sums of the 3x3 kernel's entries. 4 instead of 9 products for each output, equal to rounding.
 */
// B batch, H height, W width, I input channels, O output channels
import { conv2d, tf } from "@interfuse/tensor";
import type { RowPadding } from "./steps.ts";

/** Rows of a 2x2 kernel as sums of rows of the 3x3 kernel: for even rows of the result, and for odd ones. */
const SUMS = [
  [
    [1, 0, 0],
    [0, 1, 1],
  ],
  [
    [1, 1, 0],
    [0, 0, 1],
  ],
] as const;

/**
 * Maps `[B, H, W, I]` to `[B, 2H, 2W, O]`, with `weight` `[3, 3, I, O]` and `bias` `[O]`, if any. Rows above and below the picture
 * are zeros that `padding` (0 or 1 each) asks for, or else among the H, which then are not doubled themselves.
 */
export function upsampledConvolution(
  x_BHWI: tf.Tensor4D,
  weight: tf.Tensor,
  bias: tf.Tensor | undefined,
  { top, bottom }: RowPadding,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, , width] = x_BHWI.shape;
    const [, , , outputs] = weight.shape as [number, number, number, number];
    // Every window of 2x2 pixels with all four kernels: the first of the rows are wanted for even rows, the last for odd.
    const windows = conv2d(x_BHWI, squareKernels(weight), {
      bias: bias && tf.concat([bias, bias, bias, bias]),
      strides: [1, 1],
      padding: [
        [top, bottom],
        [1, 1],
      ],
    });
    const height = windows.shape[1] - 1;
    const pixels = (row: 0 | 1, column: 0 | 1) =>
      windows
        .slice([0, row, column, (2 * row + column) * outputs], [batch, height, width, outputs])
        .reshape([batch * height * width, 1, outputs]);
    const rows = ([0, 1] as const).map((row) =>
      tf.concat([pixels(row, 0), pixels(row, 1)], 1).reshape([batch * height, 1, 2 * width * outputs]),
    );
    return tf.concat(rows, 1).reshape([batch, 2 * height, 2 * width, outputs]);
  });
}

/** The four 2x2 kernels side by side: `[2, 2, I, 4 O]`, for even rows first, of those for even columns first. */
function squareKernels(weight: tf.Tensor): tf.Tensor {
  const [, , inputs, outputs] = weight.shape as [number, number, number, number];
  const sums = SUMS.flatMap((rowSums) =>
    SUMS.flatMap((columnSums) =>
      rowSums.flatMap((row) => columnSums.map((column) => row.flatMap((y) => column.map((x) => y * x)))),
    ),
  );
  return tf
    .matMul(tf.tensor2d(sums), weight.reshape([9, inputs * outputs]))
    .reshape([4, 2, 2, inputs, outputs])
    .transpose([1, 2, 3, 0, 4])
    .reshape([2, 2, inputs, 4 * outputs]);
}
