import { loadPicture } from "@interfuse/data";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readMask } from "./mask.ts";

describe("a mask", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "is turned and cropped like its picture, EXIF orientation %i",
    async (orientation) => {
      const [width, height] = [12, 8];
      // One corner is white, or opaque; the size crops the longer sides and scales nothing.
      const corner = Buffer.from(
        Array.from({ length: width * height }, (_, at) => (at % width < 5 && at < 3 * width ? 255 : 0)),
      );
      const png = (alpha: Buffer, colour: Buffer) => {
        const rgba = Buffer.from([...alpha].flatMap((each, at) => [...Array(3).fill(colour[at]), each]));
        return sharp(rgba, { raw: { width, height, channels: 4 } })
          .withMetadata({ orientation })
          .png()
          .toBuffer();
      };
      const { data } = await loadPicture(await png(Buffer.alloc(corner.length, 255), corner), { size: 8 });
      const { kept } = await readMask(await png(corner, corner), { size: 8, maxPixels: 100 });
      expect(kept).toEqual(data.filter((_, at) => at % 3 === 0));
    },
  );

  it.each([1, 3] as const)("is refused without alpha, with %i channels", async (channels) => {
    const create = { width: 8, height: 8, channels: 3, background: "black" } as const;
    const black = sharp({ create }).toColourspace(channels === 1 ? "b-w" : "srgb");
    const mask = readMask(await black.png().toBuffer(), { size: 8, maxPixels: 100 });
    await expect(mask).rejects.toThrow("a mask needs an alpha channel, transparent where the picture may change");
  });
});
