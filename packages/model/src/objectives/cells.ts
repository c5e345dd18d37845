/** Maps of cells at several resolutions: a cell of a coarse map holds the values of a square of cells of a finer one. */
// I images, H height, W width, C channels, F values of a patch
import type { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";

/** [I, H, W, C] -> [I, H / side, W / side, side² C]; values of a square in the order row, column, channel. */
export function mergeCells(x: tf.Tensor4D, side: number): tf.Tensor4D {
  const [images, height, width, channels] = x.shape;
  const [rows, columns] = [height / side, width / side];
  return x
    .reshape([images, rows, side, columns, side, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([images, rows, columns, side * side * channels]);
}

/** The inverse: [I, H, W, side² C] -> [I, side H, side W, C]. */
export function splitCells(x: tf.Tensor4D, side: number): tf.Tensor4D {
  const [images, rows, columns, values] = x.shape;
  const channels = values / (side * side);
  return x
    .reshape([images, rows, columns, side, side, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([images, rows * side, columns * side, channels]);
}

/** Rows of patches of images with one grid -> a map of patches [I, rows, columns, F]. */
export function rowsToMap(rows_PF: tf.Tensor2D, { rows, columns, numTokens }: PatchGrid): tf.Tensor4D {
  const [numPatches, numFeatures] = rows_PF.shape;
  return rows_PF.reshape([numPatches / numTokens, rows, columns, numFeatures]);
}

/** The inverse. */
export function mapToRows(x: tf.Tensor4D): tf.Tensor2D {
  const [images, rows, columns, numFeatures] = x.shape;
  return x.reshape([images * rows * columns, numFeatures]);
}
