/**
 * Resizing as a matrix on each axis, the same and differentiable on every backend (TensorFlow.js's own has a wrong gradient for
 * half-pixel centres): PyTorch's `area`, `bilinear` and `bicubic` of `interpolate`.
 */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";

/** A linear map of one axis: `weights[to * fromSize + from]`. */
export type AxisMap = { readonly fromSize: number; readonly toSize: number; readonly weights: Float32Array };

/** Averages cell i over the inputs from `floor(i n / m)` to `ceil((i + 1) n / m)` (adaptive average pooling). */
export function areaMap(fromSize: number, toSize: number): AxisMap {
  return axisMap(fromSize, toSize, (i, add) => {
    const begin = Math.floor((i * fromSize) / toSize);
    const end = Math.ceil(((i + 1) * fromSize) / toSize);
    for (let j = begin; j < end; j++) add(j, 1 / (end - begin));
  });
}

/** Linear interpolation between pixel centres, borders repeated (`align_corners=False`), without antialiasing. */
export function bilinearMap(fromSize: number, toSize: number): AxisMap {
  return axisMap(fromSize, toSize, (i, add) => {
    const place = ((i + 0.5) * fromSize) / toSize - 0.5;
    const left = Math.floor(place);
    add(left, 1 - (place - left));
    add(left + 1, place - left);
  });
}

/** Cubic convolution with A = -0.75 between pixel centres, borders repeated (`align_corners=False`). */
export function bicubicMap(fromSize: number, toSize: number): AxisMap {
  return axisMap(fromSize, toSize, (i, add) => {
    const place = ((i + 0.5) * fromSize) / toSize - 0.5;
    const left = Math.floor(place);
    for (let tap = left - 1; tap <= left + 2; tap++) add(tap, cubic(place - tap));
  });
}

/** Applies a map to the rows and one to the columns of `[B, H, W, C]`. */
export function resample(x_BHWC: tf.Tensor4D, rows: AxisMap, columns: AxisMap): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return tf.tidy(() => {
    const x = x_BHWC.reshape([batch, height, width * channels]);
    const y = applied(rows, x).reshape([batch * rows.toSize, width, channels]);
    return applied(columns, y).reshape([batch, rows.toSize, columns.toSize, channels]);
  });
}

/** `map x` for every item of `x [B, from, C]`. */
function applied({ weights, toSize, fromSize }: AxisMap, x: tf.Tensor): tf.Tensor {
  return tf.matMul(tf.tensor3d(weights, [1, toSize, fromSize]), x);
}

/** The map whose weights `fill` adds for each i of the result; those outside the axis count for the cell at its border. */
function axisMap(
  fromSize: number,
  toSize: number,
  fill: (i: number, add: (from: number, weight: number) => void) => void,
): AxisMap {
  const weights = new Float32Array(toSize * fromSize);
  for (let i = 0; i < toSize; i++) {
    fill(i, (from, weight) => {
      weights[i * fromSize + Math.min(Math.max(from, 0), fromSize - 1)]! += weight;
    });
  }
  return { fromSize, toSize, weights };
}

const A = -0.75;

function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  return 0;
}
