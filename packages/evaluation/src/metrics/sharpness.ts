/** Sharpness of reconstructions, which losses on pixels alone lose: how much steeper or flatter their edges are. */
import type { Picture } from "@interfuse/data";
import { checkSameSize } from "./check-pictures.ts";
import { lumaOf } from "./luma.ts";

/**
 * The sum of gradient magnitudes (of luma, by differences to the right and below) of `pictures` over that of `references`:
 * 1 is as sharp, below 1 blurred, above 1 oversharpened or noisy.
 *
 * @throws RangeError when there are no pictures, sizes or numbers differ, or the references are flat.
 */
export function gradientMagnitudeRatio(pictures: readonly Picture[], references: readonly Picture[]): number {
  if (pictures.length === 0 || pictures.length !== references.length) {
    throw new RangeError(
      `gradientMagnitudeRatio: pictures (${pictures.length}) and references (${references.length}) must be as many, and at least one`,
    );
  }
  pictures.forEach((picture, index) => {
    checkSameSize("gradientMagnitudeRatio", picture, references[index] as Picture);
  });
  const total = (list: readonly Picture[]) => list.reduce((sum, picture) => sum + gradientMagnitudeSum(picture), 0);
  const reference = total(references);
  if (reference === 0)
    throw new RangeError("gradientMagnitudeRatio: the references are flat; there is nothing to compare");
  return total(pictures) / reference;
}

function gradientMagnitudeSum(picture: Picture): number {
  const { width, height } = picture;
  const luma = lumaOf(picture);
  let sum = 0;
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const here = luma[y * width + x] as number;
      const right = (luma[y * width + x + 1] as number) - here;
      const below = (luma[(y + 1) * width + x] as number) - here;
      sum += Math.sqrt(right * right + below * below);
    }
  }
  return sum;
}
