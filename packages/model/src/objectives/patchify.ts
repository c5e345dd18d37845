/** The extents that say how latents are cut into patches. */
export interface PatchExtents {
  /** Latent grid. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Side of a patch; divides height and width. */
  readonly patchSize: number;
}

/**
 * Cuts latents [height, width, channels] into square patches, raster order; within a patch (row, column, channel).
 * @param target receives the result [rows * columns, patchSize * patchSize * channels] from `offset` on.
 */
export function patchify(latents: Float32Array, extents: PatchExtents, target: Float32Array, offset = 0): void {
  forEachPatchRun(extents, (patchIndex, latentIndex, length) => {
    for (let i = 0; i < length; i++) {
      target[offset + patchIndex + i] = latents[latentIndex + i]!;
    }
  });
}

/** The inverse of `patchify`: patches, read from `offset` on -> latents [height, width, channels]. */
export function unpatchify(patches: Float32Array, extents: PatchExtents, offset = 0): Float32Array {
  const latents = new Float32Array(extents.height * extents.width * extents.channels);
  forEachPatchRun(extents, (patchIndex, latentIndex, length) => {
    for (let i = 0; i < length; i++) {
      latents[latentIndex + i] = patches[offset + patchIndex + i]!;
    }
  });
  return latents;
}

/** Calls `visit` for each run of values that is contiguous in both orders: one row of one patch. */
function forEachPatchRun(
  { height, width, channels, patchSize }: PatchExtents,
  visit: (patchIndex: number, latentIndex: number, length: number) => void,
): void {
  const runLength = patchSize * channels;
  let patchIndex = 0;
  for (let top = 0; top < height; top += patchSize) {
    for (let left = 0; left < width; left += patchSize) {
      for (let row = 0; row < patchSize; row++) {
        visit(patchIndex, ((top + row) * width + left) * channels, runLength);
        patchIndex += runLength;
      }
    }
  }
}
