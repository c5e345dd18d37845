import type { Picture } from "@interfuse/data";

/** @throws RangeError when a picture has more or fewer values than its pixels. */
export function checkPicture(operation: string, { width, height, data }: Picture): void {
  if (data.length === width * height * 3) return;
  throw new RangeError(
    `${operation}: a picture of ${width}x${height} must have ${width * height * 3} values, RGB; this one has ${data.length}`,
  );
}

/** @throws RangeError when two pictures differ in size, or one is not whole. */
export function checkSameSize(operation: string, a: Picture, b: Picture): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `${operation}: pictures must have one size; these are ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
  }
  for (const picture of [a, b]) checkPicture(operation, picture);
}
