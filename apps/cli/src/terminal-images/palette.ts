/**
 * At most 256 colours for a picture: its own when there are no more, else the means of boxes found by median cut (Heckbert,
 * "Color image quantization for frame buffer display", SIGGRAPH 1982).
 */
import type { Picture } from "@interfuse/data";

/** A picture by the colours of a palette. */
export type IndexedPicture = {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue, 0 to 255, of each colour. */
  readonly palette: readonly Colour[];
  /** One index of the palette a pixel. */
  readonly indices: Uint8Array;
};

export type Colour = readonly [number, number, number];
type Counted = { readonly colour: Colour; readonly count: number };

/** Reduces a picture to `maxColours`, 256 at most. */
export function indexColours({ width, height, data }: Picture, maxColours: number): IndexedPicture {
  const keys = Uint32Array.from({ length: width * height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = data.subarray(3 * pixel, 3 * pixel + 3);
    return (red << 16) | (green << 8) | blue;
  });
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  const colours = [...counts].map(([key, count]): Counted => ({ colour: colourOf(key), count }));
  const boxes = splitBoxes(colours, maxColours);
  const indexOf = new Map<number, number>();
  for (const [index, box] of boxes.entries()) {
    for (const { colour } of box) indexOf.set((colour[0] << 16) | (colour[1] << 8) | colour[2], index);
  }
  return {
    width,
    height,
    palette: boxes.map(meanOf),
    indices: Uint8Array.from(keys, (key) => indexOf.get(key) as number),
  };
}

/** Halves the box with the widest spread, weighted by its pixels, until there are as many as may be. */
function splitBoxes(colours: readonly Counted[], maxBoxes: number): (readonly Counted[])[] {
  const boxes: (readonly Counted[])[] = [colours];
  while (boxes.length < maxBoxes) {
    const weights = boxes.map((box) => spreadOf(box).spread * numPixels(box));
    const index = weights.indexOf(Math.max(...weights));
    if (weights[index] === 0) break;
    boxes.splice(index, 1, ...halves(boxes[index] as readonly Counted[]));
  }
  return boxes;
}

/** Two halves with about as many pixels each, along the channel that spreads most. */
function halves(box: readonly Counted[]): [readonly Counted[], readonly Counted[]] {
  const { channel } = spreadOf(box);
  const sorted = box.toSorted((a, b) => (a.colour[channel] as number) - (b.colour[channel] as number));
  const half = numPixels(sorted) / 2;
  let before = 0;
  let end = 0;
  while (end < sorted.length - 1 && (end === 0 || before < half)) before += (sorted[end++] as Counted).count;
  return [sorted.slice(0, end), sorted.slice(end)];
}

function spreadOf(box: readonly Counted[]): { channel: number; spread: number } {
  const spreads = [0, 1, 2].map((channel) => {
    const values = box.map(({ colour }) => colour[channel] as number);
    return (
      values.reduce((most, value) => Math.max(most, value), 0) -
      values.reduce((least, value) => Math.min(least, value), 255)
    );
  });
  const spread = Math.max(...spreads);
  return { channel: spreads.indexOf(spread), spread };
}

function meanOf(box: readonly Counted[]): Colour {
  const total = numPixels(box);
  const mean = (channel: number) =>
    Math.round(box.reduce((sum, { colour, count }) => sum + count * (colour[channel] as number), 0) / total);
  return [mean(0), mean(1), mean(2)];
}

function numPixels(box: readonly Counted[]): number {
  return box.reduce((sum, { count }) => sum + count, 0);
}

function colourOf(key: number): Colour {
  return [key >> 16, (key >> 8) & 255, key & 255];
}
