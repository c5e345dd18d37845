import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { patchGrid } from "../layout/patch-grid.ts";
import { mapToRows, mergeCells, rowsToMap, splitCells } from "./cells.ts";
import { patchify } from "./patchify.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

const extents = { height: 8, width: 12, channels: 3 };
const numValues = 8 * 12 * 3;

/** Two random images as patches of a side. */
function patchesOf(patchSize: number): Float32Array {
  const latents = new Generator(1).normalArray(2 * numValues);
  const patches = new Float32Array(latents.length);
  for (const image of [0, 1]) {
    const one = latents.subarray(image * numValues, (image + 1) * numValues);
    patchify(one, { ...extents, patchSize }, patches, image * numValues);
  }
  return patches;
}

describe("cells", () => {
  it.each([
    [4, 2],
    [4, 1],
    [2, 1],
    [4, 4],
  ])("of side %2$i in patches of %1$i are the patches of that side", (patchSize, cellSide) => {
    const grid = patchGrid(extents.height, extents.width, patchSize);
    const patches = patchesOf(patchSize);
    tf.tidy(() => {
      const rows = tf.tensor2d(patches, [2 * grid.numTokens, patchSize ** 2 * extents.channels]);
      const cells = mergeCells(splitCells(rowsToMap(rows, grid), patchSize), cellSide);
      expect(cells.shape).toEqual([2, 8 / cellSide, 12 / cellSide, cellSide ** 2 * extents.channels]);
      expect(cells.dataSync()).toEqual(patchesOf(cellSide));
      expect(mapToRows(mergeCells(splitCells(cells, cellSide), patchSize)).dataSync()).toEqual(patches);
    });
  });
});
