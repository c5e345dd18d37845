/** How much of each pixel an object covers, and from that its area and centroid to a fraction of a pixel. */
import { BACKGROUND, COLOURS, type Colour, type Picture } from "@interfuse/data";
import { neighboursOf, pixelAt } from "./components.ts";

/** Coverage of an object's pixels and the ring around them; lengths in pixels. */
export type Coverage = {
  readonly pixels: readonly { readonly column: number; readonly row: number; readonly share: number }[];
  readonly area: number;
  /** Centroid. */
  readonly x: number;
  readonly y: number;
};

/** Measures an object of a known colour from the indices of its pixels. */
export function measureCoverage(
  indices: readonly number[],
  { picture, colour }: { picture: Picture; colour: Colour },
): Coverage {
  const withRing = new Set(indices.flatMap((index) => [index, ...neighboursOf(index, picture)]));
  const pixels = [...withRing].map((index) => {
    const column = index % picture.width;
    return { column, row: (index - column) / picture.width, share: shareOf(pixelAt(picture, index), colour) };
  });
  let area = 0;
  let sumX = 0;
  let sumY = 0;
  for (const { column, row, share } of pixels) {
    area += share;
    sumX += share * (column + 0.5);
    sumY += share * (row + 0.5);
  }
  return { pixels, area, x: sumX / area, y: sumY / area };
}

/** How far a pixel lies from the background (0) towards the colour (1). */
function shareOf(rgb: readonly number[], colour: Colour): number {
  let along = 0;
  let length = 0;
  for (let channel = 0; channel < 3; channel++) {
    const from = BACKGROUND[channel] as number;
    const towards = (COLOURS[colour][channel] as number) - from;
    along += ((rgb[channel] as number) - from) * towards;
    length += towards * towards;
  }
  return Math.min(1, Math.max(0, along / length));
}
