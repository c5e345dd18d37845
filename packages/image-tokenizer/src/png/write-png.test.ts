import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { readPngText } from "./png-text.ts";
import { writePng } from "./write-png.ts";

const noise = (width: number, height: number) => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + ((i * i) >> 3)) & 255),
});

describe("writePng", () => {
  it.each([
    [1, 1],
    [5, 3],
    [64, 33],
  ])("writes %i x %i pixels that another program reads back", async (width, height) => {
    const picture = noise(width, height);
    const { data, info } = await sharp(await writePng(picture))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([width, height, 3]);
    expect(Uint8Array.from(data)).toEqual(picture.data);
  });

  it("writes text beside the picture", async () => {
    const text = { prompt: "a red circle", seed: "7", note: "пейзаж 🖼", umlaut: "größe\nÿ" };
    const png = await writePng(noise(4, 4), { text });
    expect(readPngText(png)).toEqual(text);
    expect((await sharp(png).stats()).channels).toHaveLength(3);
  });

  it("says what is wrong", async () => {
    await expect(writePng({ width: 2, height: 2, data: new Uint8Array(3) })).rejects.toThrow(/2x2 RGB needs 12/);
    await expect(writePng(noise(1, 1), { text: { "": "x" } })).rejects.toThrow(/keyword/);
  });
});
