/**
 * The oracle's eyes: a picture of the scenes world, rendered or generated, back to objects. No learning, and nothing
 * shared with the renderer but the world's constants.
 *
 * Per component: colour by the nearest named one; coverage of each pixel as how far it lies from the background towards
 * that colour; area and centroid from coverage; shape from the share of its box that it fills (triangle 1/2, circle
 * pi/4, square 1); size from area.
 */
import { COLOUR_NAMES, COLOURS, type Colour, type Picture, SHAPES, type Shape, WORLD_SIZE } from "@interfuse/data";
import { checkPicture } from "../metrics/check-pictures.ts";
import { type Component, colourDistance, findComponents, neighboursOf, pixelAt } from "./components.ts";
import { measureCoverage } from "./coverage.ts";
import { bestShape } from "./shape-fill.ts";

/** An object as seen in a picture; lengths in world units (a picture is 32 wide). */
export type SeenObject = {
  readonly colour: Colour;
  readonly shape: Shape;
  /** Centroid of its area. */
  readonly x: number;
  readonly y: number;
  /** Radius of the shape of this area. */
  readonly radius: number;
  /** Share of its shape's outline that it fills: 1 for a clean render, about 0.9 for another shape, less for no shape. */
  readonly fillRatio: number;
  /** Share of its inner pixels whose nearest colour is its colour; low for blobs of several colours. */
  readonly purity: number;
};

/** Components of less area (world units²) are specks, not objects; the smallest object has 28.8. */
const MIN_AREA = 9;
/**
 * Every object that the picture shows, larger first.
 *
 * @throws RangeError when the picture is not square.
 */
export function readPicture(picture: Picture): SeenObject[] {
  if (picture.width !== picture.height) {
    throw new RangeError(
      `readPicture: a picture of scenes must be square; this one is ${picture.width} x ${picture.height}`,
    );
  }
  checkPicture("readPicture", picture);
  const scale = picture.width / WORLD_SIZE;
  return findComponents(picture)
    .filter(({ pixels }) => pixels.length >= MIN_AREA * scale * scale)
    .map((component) => measure(component, picture))
    .sort((a, b) => b.radius - a.radius);
}

function measure(component: Component, picture: Picture): SeenObject {
  const { colour, purity } = readColour(component, picture);
  const coverage = measureCoverage(component.pixels, { picture, colour });
  const { shape, fillRatio } = bestShape(coverage);
  const scale = picture.width / WORLD_SIZE;
  const radius = Math.sqrt(coverage.area / SHAPES[shape].area) / scale;
  return { colour, shape, x: coverage.x / scale, y: coverage.y / scale, radius, fillRatio, purity };
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
