/** Resizing as a matrix on each axis, the same on every backend: PyTorch's `area` and `bicubic` of `interpolate`. */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";

/** A linear map of one axis: `rows[to][from]`. */
export type AxisMap = readonly (readonly number[])[];

/** Averages cell i over the inputs from `floor(i n / m)` to `ceil((i + 1) n / m)` (adaptive average pooling). */
export function areaMap(from: number, to: number): AxisMap {
  return Array.from({ length: to }, (_, i) => {
    const begin = Math.floor((i * from) / to);
    const end = Math.ceil(((i + 1) * from) / to);
    return Array.from({ length: from }, (_, j) => (j >= begin && j < end ? 1 / (end - begin) : 0));
  });
}

/** Cubic convolution with A = -0.75 between pixel centres, borders repeated (`align_corners=False`). */
export function bicubicMap(from: number, to: number): AxisMap {
  return Array.from({ length: to }, (_, i) => {
    const centre = ((i + 0.5) * from) / to - 0.5;
    const left = Math.floor(centre);
    const weights = Array.from({ length: from }, () => 0);
    for (let tap = left - 1; tap <= left + 2; tap++) {
      weights[Math.min(Math.max(tap, 0), from - 1)]! += cubic(centre - tap);
    }
    return weights;
  });
}

/** Applies a map to the rows and one to the columns of `[B, H, W, C]`. */
export function resample(x_BHWC: tf.Tensor4D, rows: AxisMap, columns: AxisMap): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return tf.tidy(() => {
    const x = x_BHWC.reshape([batch, height, width * channels]);
    const y = applied(rows, x).reshape([batch * rows.length, width, channels]);
    return applied(columns, y).reshape([batch, rows.length, columns.length, channels]);
  });
}

/** `map x` for every item of `x [B, from, C]`. */
function applied(map: AxisMap, x: tf.Tensor): tf.Tensor {
  return tf.matMul(tf.tensor(map.flat(), [1, map.length, x.shape[1]!]), x);
}

const A = -0.75;

function cubic(distance: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
  return 0;
}
