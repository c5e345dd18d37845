/**
 * Where a patch stands in its image, as sinusoids: cosine and sine of pi k u for k = 1, 2, 4, 8, where u is the centre of
 * the patch's row, and then of its column, as a share of the image. Rotary positions alone make absolute places slow to learn.
 */
// Q places, P patches
import { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";

const FREQUENCIES = [1, 2, 4, 8];

/** Features of one place: cosine and sine, two axes. */
export const NUM_PLACE_FEATURES = 4 * FREQUENCIES.length;

/** The places of patches of several images. */
export interface Places {
  /** Features of the places of each different grid: float32 [Q, 16]. */
  readonly features: tf.Tensor2D;
  /** For each patch, one image after another, the index of its place: int32 [P]. */
  readonly placeOfPatch: Int32Array;
}

/** The places of the patches of images with these grids; images of one grid share theirs. */
export function places(grids: readonly PatchGrid[]): Places {
  const firstPlaces = new Map<string, number>();
  const features: number[] = [];
  const placeOfPatch: number[] = [];
  for (const grid of grids) {
    const size = `${grid.rows}x${grid.columns}`;
    let firstPlace = firstPlaces.get(size);
    if (firstPlace === undefined) {
      firstPlace = features.length / NUM_PLACE_FEATURES;
      firstPlaces.set(size, firstPlace);
      features.push(...gridFeatures(grid));
    }
    for (let patch = 0; patch < grid.numTokens; patch++) placeOfPatch.push(firstPlace + patch);
  }
  const shape: [number, number] = [features.length / NUM_PLACE_FEATURES, NUM_PLACE_FEATURES];
  return { features: tf.tensor2d(features, shape), placeOfPatch: Int32Array.from(placeOfPatch) };
}

function gridFeatures({ rows, columns }: PatchGrid): number[] {
  const sinusoids = (index: number, count: number): number[] => {
    const u = (index + 0.5) / count;
    return FREQUENCIES.flatMap((k) => [Math.cos(Math.PI * k * u), Math.sin(Math.PI * k * u)]);
  };
  const inRow = Array.from({ length: rows }, (_, row) => sinusoids(row, rows));
  const inColumn = Array.from({ length: columns }, (_, column) => sinusoids(column, columns));
  return inRow.flatMap((vertical) => inColumn.flatMap((horizontal) => [...vertical, ...horizontal]));
}
