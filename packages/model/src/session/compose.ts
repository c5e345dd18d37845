import { tf } from "@interfuse/tensor";
import type { PackedRow } from "../packed-row.ts";
import type { BranchRows } from "./branch.ts";

/** Rows of several branches as the input of one forward pass. */
export interface ComposedRow {
  readonly row: PackedRow;
  /** Cache slot of each row. */
  readonly slots: Int32Array;
  /** For each branch the row after its last. */
  readonly ends: readonly number[];
  /** For each branch the index of its last image in `row.images`; -1 when it has none. */
  readonly lastImages: readonly number[];
}

/** Puts the rows of several branches behind one another. Call within a tidy. */
export function composeRows(branches: readonly BranchRows[]): ComposedRow {
  const ends: number[] = [];
  const lastImages: number[] = [];
  const imageStarts: number[] = [];
  let length = 0;
  for (const { tokenIds, images } of branches) {
    imageStarts.push(...images.map((image) => length + image.start));
    length += tokenIds.length;
    ends.push(length);
    lastImages.push(images.length === 0 ? -1 : imageStarts.length - 1);
  }
  const images = branches.flatMap((rows) => rows.images);
  const patches = concatFloat32(images.map((image) => image.patches_PF));
  const numPatches = images.reduce((sum, { grid }) => sum + grid.numTokens, 0);
  return {
    row: {
      tokenIds: concatInt32(branches.map((rows) => rows.tokenIds)),
      positions_L3: concatFloat32(branches.map((rows) => rows.positions_L3)),
      keyRanges: concatInt32(branches.map((rows) => rows.keyRanges)),
      imageStarts,
      images: {
        patches_PF: tf.tensor2d(patches, [numPatches, numPatches === 0 ? 0 : patches.length / numPatches]),
        timesteps: Float32Array.from(images, (image) => image.timestep),
        grids: images.map((image) => image.grid),
      },
    },
    slots: concatInt32(branches.map((rows) => rows.slots)),
    ends,
    lastImages,
  };
}

function concatInt32(arrays: readonly Int32Array[]): Int32Array {
  const result = new Int32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  fill(result, arrays);
  return result;
}

function concatFloat32(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  fill(result, arrays);
  return result;
}

function fill(target: Int32Array | Float32Array, arrays: readonly (Int32Array | Float32Array)[]): void {
  let offset = 0;
  for (const array of arrays) {
    target.set(array, offset);
    offset += array.length;
  }
}
