import type { Picture } from "@interfuse/data";
import { describe, expect, it } from "vitest";
import { indexColours } from "./palette.ts";
import { sixelImage } from "./sixel.ts";

const picture = (width: number, height: number, colourOf: (x: number, y: number) => number[]): Picture => ({
  width,
  height,
  data: Uint8Array.from(
    Array.from({ length: width * height }, (_, pixel) => colourOf(pixel % width, Math.floor(pixel / width))).flat(),
  ),
});

/** What a terminal draws: every sixel of every band in the colour chosen last. */
function decode(text: string): Picture {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences
  const [, size, body = ""] = /^\x1bP0;1;0q"1;1;(\d+;\d+)(.*)\x1b\\$/s.exec(text) ?? [];
  const [width = 0, height = 0] = (size ?? "").split(";").map(Number);
  const data = new Uint8Array(width * height * 3);
  const palette: number[][] = [];
  let [x, top, colour] = [0, 0, 0];
  for (const [token, run = "1", sixel] of body.matchAll(/#\d+(?:;2;\d+;\d+;\d+)?|[$-]|(?:!(\d+))?([?-~])/g)) {
    if (token.startsWith("#")) {
      const [index = 0, , ...percents] = token.slice(1).split(";").map(Number);
      if (percents.length > 0) palette[index] = percents.map((value) => Math.round(value * 2.55));
      else colour = index;
    } else if (token === "$") x = 0;
    else if (token === "-") [x, top] = [0, top + 6];
    else {
      for (let count = Number(run); count > 0; count--, x++) {
        for (let row = 0; row < 6; row++) {
          if (((((sixel as string).charCodeAt(0) - 63) >> row) & 1) === 1)
            data.set(palette[colour] as number[], ((top + row) * width + x) * 3);
        }
      }
    }
  }
  return { width, height, data };
}

const worstError = (a: Picture, b: Picture) =>
  a.data.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (b.data[index] as number))), 0);

describe("sixelImage", () => {
  it("draws every colour of a band once, repeats by count, and leaves ends out", () => {
    // Two columns of red and six of blue, seven rows: a second band of one row.
    const text = sixelImage(picture(8, 7, (x) => (x < 2 ? [255, 0, 0] : [0, 0, 255])));
    expect(text).toBe('\x1bP0;1;0q"1;1;8;7#0;2;0;0;100#1;2;100;0;0#1~~$#0??!6~-#1@@$#0??!6@\x1b\\');
  });

  it("gives back the picture, within the 101 steps of its colours", () => {
    const drawn = picture(37, 29, (x, y) => [(x * 8) & 0xf0, (y * 8) & 0xc0, ((x ^ y) * 4) & 0xe0]);
    const shown = decode(sixelImage(drawn));
    expect([shown.width, shown.height]).toEqual([37, 29]);
    expect(worstError(shown, drawn)).toBeLessThanOrEqual(2);
  });

  it("keeps close to pictures of many colours", () => {
    const drawn = picture(64, 64, (x, y) => [x * 4, y * 4, (x + y) * 2]);
    const shown = decode(sixelImage(drawn));
    const mean = shown.data.reduce((sum, value, index) => sum + Math.abs(value - (drawn.data[index] as number)), 0);
    expect(mean / drawn.data.length).toBeLessThan(6);
  });
});

describe("indexColours", () => {
  it("keeps few colours as they are and reduces many", () => {
    const few = picture(4, 1, (x) => [x * 10, 7, 200]);
    const { palette, indices } = indexColours(few, 256);
    expect([...indices].map((index) => palette[index])).toEqual([0, 10, 20, 30].map((red) => [red, 7, 200]));
    expect(
      indexColours(
        picture(64, 64, (x, y) => [x * 4, y * 4, 0]),
        16,
      ).palette,
    ).toHaveLength(16);
    expect(
      indexColours(
        picture(5, 5, () => [1, 2, 3]),
        256,
      ).palette,
    ).toEqual([[1, 2, 3]]);
  });
});
