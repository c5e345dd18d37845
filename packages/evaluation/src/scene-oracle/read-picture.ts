/**
 * The oracle's eyes: a picture of the scenes world, rendered or generated, back to objects. No learning, and nothing
 * shared with the renderer but the world's constants.
 *
 * Per component: colour by the nearest named one; coverage of each pixel as how far it lies from the background towards
 * that colour; area and centroid from coverage; shape from the share of its box that it fills (triangle 1/2, circle
 * pi/4, square 1); size from area.
 */
import { BACKGROUND, COLOUR_NAMES, COLOURS, type Colour, type Picture, SHAPES, type Shape, WORLD_SIZE } from "@interfuse/data";
import { type Component, colourDistance, findComponents, neighboursOf, pixelAt } from "./components.ts";

/** An object as seen in a picture; lengths in world units (a picture is 32 wide). */
export type SeenObject = {
  readonly colour: Colour;
  readonly shape: Shape;
  /** Centroid of its area. */
  readonly x: number;
  readonly y: number;
  /** Radius of the shape of this area. */
  readonly radius: number;
  /** Share of its box that it fills. */
  readonly fillRatio: number;
  /** Share of its inner pixels whose nearest colour is its colour; low for blobs of several colours. */
  readonly purity: number;
};

/** Components of less area (world units²) are specks, not objects; the smallest object has 28.8. */
const MIN_AREA = 9;
/** Fill ratios from here on are circles, and squares; clean renders have at most 0.66, 0.78 to 0.80, and 1. */
const CIRCLE_FROM = 0.72;
const SQUARE_FROM = 0.9;

/**
 * Every object that the picture shows, larger first.
 *
 * @throws RangeError when the picture is not square.
 */
export function readPicture(picture: Picture): SeenObject[] {
  if (picture.width !== picture.height) {
    throw new RangeError(`readPicture: a picture of scenes must be square; this one is ${picture.width} x ${picture.height}`);
  }
  const scale = picture.width / WORLD_SIZE;
  return findComponents(picture)
    .filter(({ pixels }) => pixels.length >= MIN_AREA * scale * scale)
    .map((component) => measure(component, picture))
    .sort((a, b) => b.radius - a.radius);
}

function measure(component: Component, picture: Picture): SeenObject {
  const { colour, purity } = readColour(component, picture);
  const { area, x, y, boxArea } = measureCoverage(component, { picture, colour });
  const fillRatio = area / boxArea;
  const shape = fillRatio < CIRCLE_FROM ? "triangle" : fillRatio < SQUARE_FROM ? "circle" : "square";
  const scale = picture.width / WORLD_SIZE;
  const radius = Math.sqrt(area / SHAPES[shape].area) / scale;
  return { colour, shape, x: x / scale, y: y / scale, radius, fillRatio, purity };
}

/** The most frequent nearest colour among pixels that are surrounded by the object, so that edges have no say. */
function readColour({ pixels }: Component, picture: Picture): { colour: Colour; purity: number } {
  const members = new Set(pixels);
  const inner = pixels.filter((index) => {
    const neighbours = neighboursOf(index, picture);
    return neighbours.length === 8 && neighbours.every((neighbour) => members.has(neighbour));
  });
  const voters = inner.length > 0 ? inner : pixels;
  const votes = new Map<Colour, number>();
  for (const index of voters) {
    const name = nearestColour(pixelAt(picture, index));
    votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  const [[colour, count]] = [...votes].sort((a, b) => b[1] - a[1]) as [[Colour, number]];
  return { colour, purity: count / voters.length };
}

function nearestColour(rgb: readonly number[]): Colour {
  let nearest: Colour = "red";
  for (const name of COLOUR_NAMES) {
    if (colourDistance(rgb, COLOURS[name]) < colourDistance(rgb, COLOURS[nearest])) nearest = name;
  }
  return nearest;
}

/** Area, centroid and box (pixels) from coverage; the ring of pixels around the component counts by its coverage, too. */
function measureCoverage(
  { pixels }: Component,
  { picture, colour }: { picture: Picture; colour: Colour },
): { area: number; x: number; y: number; boxArea: number } {
  const { width, height } = picture;
  const columns = new Float64Array(width);
  const rows = new Float64Array(height);
  let area = 0;
  let sumX = 0;
  let sumY = 0;
  for (const index of new Set(pixels.flatMap((pixel) => [pixel, ...neighboursOf(pixel, picture)]))) {
    const share = coverageOf(pixelAt(picture, index), colour);
    const column = index % width;
    const row = (index - column) / width;
    columns[column] = Math.max(columns[column] as number, share);
    rows[row] = Math.max(rows[row] as number, share);
    area += share;
    sumX += share * (column + 0.5);
    sumY += share * (row + 0.5);
  }
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return { area, x: sumX / area, y: sumY / area, boxArea: sum(columns) * sum(rows) };
}

/** How much of a pixel the colour covers: 0 is background. */
function coverageOf(rgb: readonly number[], colour: Colour): number {
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
