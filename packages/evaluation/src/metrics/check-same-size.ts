import type { Picture } from "@interfuse/data";

/** @throws RangeError when two pictures differ in size. */
export function checkSameSize(operation: string, a: Picture, b: Picture): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(
      `${operation}: pictures must have one size; these are ${a.width}x${a.height} and ${b.width}x${b.height}`,
    );
  }
}
