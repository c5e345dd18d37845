/** Images of one row may differ in size; convolutions want equal ones. So they run in groups of one size. */
// P patches, X any width
import { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";

/** The images of a list that share one grid. */
export interface SizeGroup {
  readonly grid: PatchGrid;
  /** Their indices in the list, ascending. */
  readonly images: readonly number[];
}

/**
 * Applies `f` to the rows of the patches of each size of image, and brings the results back into the order of the rows.
 * @param rows_PX one row a patch, image after image.
 * @param grids of the images, in the same order.
 */
export function mapSizeGroups(
  rows_PX: tf.Tensor2D,
  grids: readonly PatchGrid[],
  f: (rows: tf.Tensor2D, group: SizeGroup) => tf.Tensor2D,
): tf.Tensor2D {
  const groups = groupBySize(grids);
  if (groups.length === 1) return f(rows_PX, groups[0]!);
  const rowsOf = patchRows(grids);
  const orders = groups.map(({ images }) => images.flatMap((image) => rowsOf[image]!));
  const results = groups.map((group, index) => f(gatherRows(rows_PX, Int32Array.from(orders[index]!)), group));
  return gatherRows(tf.concat(results, 0), inverse(orders.flat()));
}

function groupBySize(grids: readonly PatchGrid[]): SizeGroup[] {
  const groups = new Map<string, { grid: PatchGrid; images: number[] }>();
  for (const [image, grid] of grids.entries()) {
    const size = `${grid.rows}x${grid.columns}`;
    const group = groups.get(size);
    if (group === undefined) groups.set(size, { grid, images: [image] });
    else group.images.push(image);
  }
  return [...groups.values()];
}

/** For each image the indices of its rows. */
function patchRows(grids: readonly PatchGrid[]): number[][] {
  let row = 0;
  return grids.map(({ numTokens }) => Array.from({ length: numTokens }, () => row++));
}

function inverse(order: readonly number[]): Int32Array {
  const result = new Int32Array(order.length);
  for (const [to, from] of order.entries()) result[from] = to;
  return result;
}
