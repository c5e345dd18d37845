/**
 * Shape by fill ratio. The share of its box that an object fills would do for clean renders (triangle 1/2, circle pi/4,
 * square 1), but one stray pixel or a soft corner moves a box. So each shape's outline, of the object's own area and
 * around its centroid, stands for the box: the object fills its own outline whole, and a wrong one to 0.91 or less.
 */
import { SHAPE_NAMES, SHAPES, type Shape } from "@interfuse/data";
import type { Coverage } from "./coverage.ts";

/** Sub-pixels along each axis when an outline is compared with pixels. */
const SUB_PIXELS = 4;

/** The shape whose outline the object fills best, and how much of it, from 0 to 1. */
export function bestShape(coverage: Coverage): { shape: Shape; fillRatio: number } {
  const ratios = SHAPE_NAMES.map((shape) => ({ shape, fillRatio: fillRatioOf(shape, coverage) }));
  return ratios.reduce((best, candidate) => (candidate.fillRatio > best.fillRatio ? candidate : best));
}

/** Share of the area of the shape's outline that the object covers. */
function fillRatioOf(shape: Shape, { pixels, area, x, y }: Coverage): number {
  const radius = Math.sqrt(area / SHAPES[shape].area);
  const centreY = y - SHAPES[shape].centroidDrop * radius;
  let filled = 0;
  for (const { column, row, share } of pixels) {
    let numInside = 0;
    for (let sub = 0; sub < SUB_PIXELS * SUB_PIXELS; sub++) {
      const dx = column + ((sub % SUB_PIXELS) + 0.5) / SUB_PIXELS - x;
      const dy = row + (Math.floor(sub / SUB_PIXELS) + 0.5) / SUB_PIXELS - centreY;
      if (isInside(shape, dx / radius, dy / radius)) numInside++;
    }
    filled += Math.min(share, numInside / (SUB_PIXELS * SUB_PIXELS));
  }
  return filled / area;
}

/** Whether a point lies in the shape of radius 1 around its box centre. */
function isInside(shape: Shape, x: number, y: number): boolean {
  if (shape === "circle") return x * x + y * y <= 1;
  if (Math.abs(y) > 0.9) return false;
  return Math.abs(x) <= (shape === "square" ? 0.9 : (y + 0.9) / 1.8);
}
