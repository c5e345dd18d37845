import type { Picture } from "@interfuse/data";

/** Luma (BT.601) of every pixel, 0 to 255. */
export function lumaOf({ data, width, height }: Picture): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => {
    return 0.299 * (data[i * 3] as number) + 0.587 * (data[i * 3 + 1] as number) + 0.114 * (data[i * 3 + 2] as number);
  });
}
