import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, expect, it } from "vitest";
import { patchGrid } from "../layout/patch-grid.ts";
import { mapSizeGroups } from "./size-groups.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

it.each([1, 33, 40])("runs %i images of two sizes in groups, and keeps their order", (numImages) => {
  const generator = new Generator(0, "groups");
  const grids = Array.from({ length: numImages }, () => patchGrid(2, generator.integer(2) === 0 ? 2 : 3, 1));
  const numPatches = grids.reduce((sum, { numTokens }) => sum + numTokens, 0);
  const rows_PX = tf.tensor2d(generator.normalArray(numPatches * 5), [numPatches, 5]);
  const doubled_PX = mapSizeGroups(rows_PX, grids, (rows, { grid, images }) => {
    expect(rows.shape).toEqual([images.length * grid.numTokens, 5]);
    for (const image of images) expect(grids[image]).toEqual(grid);
    return rows.mul(2);
  });
  expect(Array.from(doubled_PX.dataSync())).toEqual(Array.from(rows_PX.mul(2).dataSync()));
});
