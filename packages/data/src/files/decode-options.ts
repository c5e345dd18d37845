/** How a picture is decoded: the options and their check. */

/** How a picture is brought to a size: `cover` fills it and crops the middle, `contain` shows all of it on the background. */
export type Fit = "cover" | "contain";

/** How a picture is decoded. */
export type DecodeOptions = {
  /** Wanted size; a number means a square. Without it the picture keeps its own. */
  readonly size?: number | { readonly width: number; readonly height: number };
  /** Default "cover". */
  readonly fit?: Fit;
  /** RGB behind transparent pixels and around a contained picture; default white. */
  readonly background?: readonly [number, number, number];
  /** Images with more pixels are refused before they are decoded; default 64 million. */
  readonly maxPixels?: number;
};

/** Default of `DecodeOptions.maxPixels`. */
export const MAX_PIXELS = 64_000_000;

const isCount = (value: number) => Number.isInteger(value) && value >= 1;
const isByte = (value: number) => Number.isInteger(value) && value >= 0 && value <= 255;

/** @throws RangeError naming the option that is wrong. */
export function checkDecodeOptions(operation: string, options: DecodeOptions): void {
  const { size, fit = "cover", background = [255, 255, 255], maxPixels = MAX_PIXELS } = options;
  const fail = (name: string, value: unknown, rule: string): never => {
    throw new RangeError(`${operation}: ${name} (=${JSON.stringify(value)}) must be ${rule}`);
  };
  const sides = typeof size === "object" ? [size.width, size.height] : [size ?? 1];
  if (!sides.every(isCount)) fail("size", size, "whole numbers of pixels, at least 1");
  if (fit !== "cover" && fit !== "contain") fail("fit", fit, '"cover" or "contain"');
  if (background.length !== 3 || !background.every(isByte)) fail("background", background, "three numbers, 0 to 255");
  if (!isCount(maxPixels)) fail("maxPixels", maxPixels, "a whole number of at least 1");
}
