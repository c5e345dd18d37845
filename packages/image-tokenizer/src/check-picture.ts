/** The check of a picture's size; apart from `picture.ts`, so that what writes files of pictures carries no TensorFlow.js. */
import type { PictureSize } from "./picture.ts";

/** Red, green and blue. */
export const CHANNELS = 3;

/** @throws RangeError when the data does not have `3 * width * height` values, or a side is no positive integer. */
export function checkPicture(
  operation: string,
  { width, height, data }: PictureSize & { data: ArrayLike<number> },
): void {
  const isSize = (value: number) => Number.isInteger(value) && value > 0;
  if (!isSize(width) || !isSize(height)) {
    throw new RangeError(`${operation}: width (=${width}) and height (=${height}) must be positive integers`);
  }
  if (data.length !== width * height * CHANNELS) {
    throw new RangeError(
      `${operation}: data has ${data.length} values; ${width}x${height} RGB needs ${width * height * CHANNELS}; drop alpha or expand greyscale first`,
    );
  }
}
