/**
 * Where a patch stands in its image, as sinusoids: cosine and sine of pi k u for k = 1, 2, 4, 8, where u is the centre of
 * the patch's row, and then of its column, as a share of the image. Rotary positions alone make absolute places slow to learn.
 */
// P patches
import { tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";

const FREQUENCIES = [1, 2, 4, 8];

/** Features of one patch: cosine and sine, two axes. */
export const NUM_PLACE_FEATURES = 4 * FREQUENCIES.length;

/** Features of the patches of several images, one image after another: float32 [P, 16]. */
export function placeFeatures(grids: readonly PatchGrid[]): tf.Tensor2D {
  const features = grids.flatMap(({ rows, columns, numTokens }) =>
    Array.from({ length: numTokens }, (_, patch) => [
      ...sinusoids((Math.floor(patch / columns) + 0.5) / rows),
      ...sinusoids(((patch % columns) + 0.5) / columns),
    ]),
  );
  return tf.tensor2d(features, [features.length, NUM_PLACE_FEATURES]);
}

function sinusoids(u: number): number[] {
  return FREQUENCIES.flatMap((k) => [Math.cos(Math.PI * k * u), Math.sin(Math.PI * k * u)]);
}
