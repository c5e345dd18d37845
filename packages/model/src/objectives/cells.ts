/**
 * Cells are quarters of patches: a map of them has twice the resolution of the token grid. A row of four cells belongs to
 * one token, in raster order. Here patches, rows of four cells, and maps of cells are brought into one another.
 */
// P tokens, F values of a patch, I images of one grid, C values of a cell
import type { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";

/** Rows [P, 4 C] of images with one grid -> cells [I, 2 rows, 2 columns, C]. */
export function rowsToCells(tokens: tf.Tensor2D, { rows, columns, numTokens }: PatchGrid): tf.Tensor4D {
  const images = tokens.shape[0] / numTokens;
  const channels = tokens.shape[1] / 4;
  return tokens
    .reshape([images, rows, columns, 2, 2, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([images, 2 * rows, 2 * columns, channels]);
}

/** The inverse: cells [I, 2 rows, 2 columns, C] -> rows [P, 4 C]. */
export function cellsToRows(cells: tf.Tensor4D, { rows, columns, numTokens }: PatchGrid): tf.Tensor2D {
  const [images, , , channels] = cells.shape;
  return cells
    .reshape([images, rows, 2, columns, 2, channels])
    .transpose([0, 1, 3, 2, 4, 5])
    .reshape([images * numTokens, 4 * channels]);
}

/** Patches [P, F], each (row, column, channel) of an even side -> rows of four cells, each (row, column, channel) too. */
export function patchesToRows(patches_PF: tf.Tensor2D, patchSize: number): tf.Tensor2D {
  const [numPatches, numFeatures] = patches_PF.shape;
  return patches_PF
    .reshape([numPatches, 2, patchSize / 2, 2, numFeatures / (2 * patchSize)])
    .transpose([0, 1, 3, 2, 4])
    .reshape([numPatches, numFeatures]);
}

/** The inverse of `patchesToRows`. */
export function rowsToPatches(rows_PF: tf.Tensor2D, patchSize: number): tf.Tensor2D {
  const [numPatches, numFeatures] = rows_PF.shape;
  return rows_PF
    .reshape([numPatches, 2, 2, patchSize / 2, numFeatures / (2 * patchSize)])
    .transpose([0, 1, 3, 2, 4])
    .reshape([numPatches, numFeatures]);
}
