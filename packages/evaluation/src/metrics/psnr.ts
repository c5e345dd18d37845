/** Peak signal-to-noise ratio of two pictures. */
import type { Picture } from "@interfuse/data";
import { checkSameSize } from "./check-pictures.ts";

/**
 * 10 log10(255² / mean squared difference) in dB, over all pixels and channels; Infinity for equal pictures.
 *
 * @throws RangeError when the pictures differ in size.
 */
export function psnr(picture: Picture, reference: Picture): number {
  checkSameSize("psnr", picture, reference);
  let sum = 0;
  for (let i = 0; i < picture.data.length; i++)
    sum += ((picture.data[i] as number) - (reference.data[i] as number)) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / picture.data.length));
}
