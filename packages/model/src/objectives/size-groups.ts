/**
 * Images of one row may differ in size; convolutions want equal ones. So they run in groups of one size, padded with
 * copies of an image to a steady count.
 */
// P patches, X any width
import { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import { padToSteadyCount } from "../steady-count.ts";

/** The images of a list that share one grid. */
export interface SizeGroup {
  readonly grid: PatchGrid;
  /** Their indices in the list, ascending; then, to a steady count, the first one again. */
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
  if (groups.length === 1 && groups[0]!.images.length === grids.length) return f(rows_PX, groups[0]!);
  const rowsOf = patchRows(grids);
  const orders = groups.map(({ images }) => images.flatMap((image) => rowsOf[image]!));
  const results = groups.map((group, index) => f(gatherRows(rows_PX, Int32Array.from(orders[index]!)), group));
  return gatherRows(tf.concat(results, 0), firstPlaces(orders.flat(), rows_PX.shape[0]));
}

function groupBySize(grids: readonly PatchGrid[]): SizeGroup[] {
  const groups = new Map<string, { grid: PatchGrid; images: number[] }>();
  for (const [image, grid] of grids.entries()) {
    const size = `${grid.rows}x${grid.columns}`;
    const group = groups.get(size);
    if (group === undefined) groups.set(size, { grid, images: [image] });
    else group.images.push(image);
  }
  return [...groups.values()].map(({ grid, images }) => ({ grid, images: padToSteadyCount(images) }));
}

/** For each image the indices of its rows. */
function patchRows(grids: readonly PatchGrid[]): number[][] {
  let row = 0;
  return grids.map(({ numTokens }) => Array.from({ length: numTokens }, () => row++));
}

/** Where each of `count` numbers first stands in `order`. */
function firstPlaces(order: readonly number[], count: number): Int32Array {
  const places = new Int32Array(count).fill(-1);
  for (const [place, number] of order.entries()) {
    if (places[number] === -1) places[number] = place;
  }
  return places;
}
