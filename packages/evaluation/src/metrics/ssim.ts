/**
 * Structural similarity (Wang, Bovik, Sheikh and Simoncelli, 2004): mean over windows of luminance times contrast and
 * structure, on luma (BT.601), with the paper's Gaussian window of 11 pixels and standard deviation 1.5.
 */
import type { Picture } from "@interfuse/data";
import { checkSameSize } from "./check-pictures.ts";
import { lumaOf } from "./luma.ts";

const RADIUS = 5;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * SSIM of two pictures, from -1 to 1 (equal pictures), over the windows that lie fully inside.
 *
 * @throws RangeError when the pictures differ in size or are smaller than the window.
 */
export function ssim(picture: Picture, reference: Picture): number {
  checkSameSize("ssim", picture, reference);
  const { width, height } = picture;
  const side = 2 * RADIUS + 1;
  if (width < side || height < side) {
    throw new RangeError(`ssim: pictures must be at least ${side} x ${side} pixels; these are ${width} x ${height}`);
  }
  const a = lumaOf(picture);
  const b = lumaOf(reference);
  const blurred = (values: Float64Array) => blur(values, width, height);
  const product = (left: Float64Array, right: Float64Array) => left.map((value, i) => value * (right[i] as number));
  const [meanA, meanB] = [blurred(a), blurred(b)];
  const [squareA, squareB, cross] = [blurred(product(a, a)), blurred(product(b, b)), blurred(product(a, b))];
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const muA = meanA[i] as number;
    const muB = meanB[i] as number;
    const varianceA = (squareA[i] as number) - muA * muA;
    const varianceB = (squareB[i] as number) - muB * muB;
    const covariance = (cross[i] as number) - muA * muB;
    sum +=
      ((2 * muA * muB + C1) * (2 * covariance + C2)) / ((muA * muA + muB * muB + C1) * (varianceA + varianceB + C2));
  }
  return sum / meanA.length;
}

/** Gaussian means over all windows that lie fully inside. */
function blur(values: Float64Array, width: number, height: number): Float64Array {
  const weights = Array.from({ length: 2 * RADIUS + 1 }, (_, i) => Math.exp(-((i - RADIUS) ** 2) / (2 * SIGMA ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const innerWidth = width - 2 * RADIUS;
  const innerHeight = height - 2 * RADIUS;
  const along = new Float64Array(innerWidth * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < innerWidth; column++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += (weights[k] as number) * (values[row * width + column + k] as number);
      along[row * innerWidth + column] = sum / total;
    }
  }
  const both = new Float64Array(innerWidth * innerHeight);
  for (let row = 0; row < innerHeight; row++) {
    for (let column = 0; column < innerWidth; column++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++)
        sum += (weights[k] as number) * (along[(row + k) * innerWidth + column] as number);
      both[row * innerWidth + column] = sum / total;
    }
  }
  return both;
}
