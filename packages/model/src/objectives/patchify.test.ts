import { describe, expect, it } from "vitest";
import { patchify, unpatchify } from "./patchify.ts";

const extents = { height: 2, width: 4, channels: 2, patchSize: 2 };

describe("patchify", () => {
  it("orders patches by raster and values by row, column, channel", () => {
    const latents = Float32Array.from({ length: 16 }, (_, i) => i);
    const patches = new Float32Array(16);
    patchify(latents, extents, patches);
    expect([...patches]).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15]);
  });

  it("is undone by unpatchify, also at an offset", () => {
    const latents = Float32Array.from({ length: 16 }, (_, i) => Math.sin(i));
    const patches = new Float32Array(20);
    patchify(latents, extents, patches, 4);
    expect(unpatchify(patches, extents, 4)).toEqual(latents);
  });
});
