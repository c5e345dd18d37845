import type { Picture } from "@interfuse/data";

/** A picture with other sides; every pixel is the nearest of the original. */
export function scaleToNearest(
  { width: w, height: h, data }: Picture,
  size: { width: number; height: number },
): Picture {
  const { width, height } = size;
  const scaled = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (Math.floor(((y + 0.5) * h) / height) * w + Math.floor(((x + 0.5) * w) / width));
      scaled.set(data.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, data: scaled };
}
