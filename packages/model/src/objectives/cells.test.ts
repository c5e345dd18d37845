import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { patchGrid } from "../layout/patch-grid.ts";
import { cellsToRows, patchesToRows, rowsToCells, rowsToPatches } from "./cells.ts";
import { patchify } from "./patchify.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

describe("cells", () => {
  it.each([2, 4])("of patches of %i are patches of half the side, in raster order of the whole image", (patchSize) => {
    const extents = { height: 8, width: 12, channels: 3 };
    const grid = patchGrid(extents.height, extents.width, patchSize);
    const numFeatures = patchSize ** 2 * extents.channels;
    const latents = new Generator(1).normalArray(2 * 8 * 12 * 3);
    const size = latents.length / 2;
    const patches = new Float32Array(latents.length);
    const expected = new Float32Array(latents.length);
    for (const image of [0, 1]) {
      const one = latents.subarray(image * size, (image + 1) * size);
      patchify(one, { ...extents, patchSize }, patches, image * size);
      patchify(one, { ...extents, patchSize: patchSize / 2 }, expected, image * size);
    }
    tf.tidy(() => {
      const rows = patchesToRows(tf.tensor2d(patches, [2 * grid.numTokens, numFeatures]), patchSize);
      const cells = rowsToCells(rows, grid);
      expect(cells.shape).toEqual([2, 2 * grid.rows, 2 * grid.columns, numFeatures / 4]);
      expect(cells.dataSync()).toEqual(expected);
      expect(rowsToPatches(cellsToRows(cells, grid), patchSize).dataSync()).toEqual(patches);
    });
  });
});
