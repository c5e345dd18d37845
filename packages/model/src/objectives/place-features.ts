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
  const numPatches = grids.reduce((sum, { numTokens }) => sum + numTokens, 0);
  const features = new Float32Array(numPatches * NUM_PLACE_FEATURES);
  let offset = 0;
  const writeSinusoids = (u: number): void => {
    for (const k of FREQUENCIES) {
      features[offset++] = Math.cos(Math.PI * k * u);
      features[offset++] = Math.sin(Math.PI * k * u);
    }
  };
  for (const { rows, columns } of grids) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        writeSinusoids((row + 0.5) / rows);
        writeSinusoids((column + 0.5) / columns);
      }
    }
  }
  return tf.tensor2d(features, [numPatches, NUM_PLACE_FEATURES]);
}
