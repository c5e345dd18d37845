/** The patches of a latent grid, in raster order. */
export interface PatchGrid {
  readonly rows: number;
  readonly columns: number;
  /** rows * columns. */
  readonly numTokens: number;
}

/**
 * Divides a latent grid into square patches.
 * @throws RangeError when a side is not a positive multiple of `patchSize`.
 */
export function patchGrid(height: number, width: number, patchSize: number): PatchGrid {
  for (const [name, size] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (!Number.isInteger(size) || size < 1 || size % patchSize !== 0) {
      throw new RangeError(
        `patchGrid: ${name} (=${size}) must be a positive multiple of patchSize (=${patchSize}); resize or pad the image`,
      );
    }
  }
  const rows = height / patchSize;
  const columns = width / patchSize;
  return { rows, columns, numTokens: rows * columns };
}

/** For each patch of several images, one image after another, the index of its image. */
export function imageOfPatch(grids: readonly PatchGrid[]): Int32Array {
  const images = new Int32Array(grids.reduce((sum, { numTokens }) => sum + numTokens, 0));
  let patch = 0;
  grids.forEach(({ numTokens }, image) => {
    images.fill(image, patch, patch + numTokens);
    patch += numTokens;
  });
  return images;
}
