/**
 * Any image file to an 8-bit RGB picture, by sharp: EXIF rotation applied, alpha composited on a background, grey and
 * 16-bit widened or narrowed to 8-bit sRGB, then fitted to the wanted size. Small plain PNG files go the short way.
 */
import type { Picture } from "@interfuse/image-tokenizer";
import sharp from "sharp";

import { checkDecodeOptions, type DecodeOptions, MAX_PIXELS } from "./decode-options.ts";
import { decodeSmallPng, readSmallFile } from "./small-png.ts";

/**
 * Reads an image file (or its bytes) into a picture. Reductions are by Lanczos, enlargements by cubic interpolation.
 *
 * @throws Error naming the file when it is missing, corrupt, truncated, too large, or not an image; RangeError naming the option that is wrong.
 */
export async function loadPicture(file: string | Uint8Array, options: DecodeOptions = {}): Promise<Picture> {
  checkDecodeOptions("loadPicture", options);
  const small = decodeSmallPng(typeof file === "string" ? await readSmallFile(file) : file);
  if (small !== undefined && isAsWanted(small, options)) return small;
  const { size, fit = "cover", background = [255, 255, 255], maxPixels = MAX_PIXELS } = options;
  const behind = { r: background[0], g: background[1], b: background[2] };
  try {
    const raw = small && { width: small.width, height: small.height, channels: 3 as const };
    const image = sharp(small?.data ?? file, { raw, limitInputPixels: maxPixels, failOn: "error" }).autoOrient();
    if (size !== undefined) {
      const { width, height } = typeof size === "number" ? { width: size, height: size } : size;
      image.resize(width, height, { fit, background: { ...behind, alpha: 1 } });
    }
    const { data, info } = await image
      .flatten({ background: behind })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
  } catch (cause) {
    const name = typeof file === "string" ? `"${file}"` : `${file.length} bytes`;
    throw new Error(`loadPicture: cannot read ${name}: ${reasonOf(cause, maxPixels)}`, { cause });
  }
}

/** Whether a decoded picture already is what `loadPicture` would make of it. */
function isAsWanted({ width, height }: Picture, { size, maxPixels = MAX_PIXELS }: DecodeOptions): boolean {
  const wanted = typeof size === "number" ? { width: size, height: size } : (size ?? { width, height });
  return width === wanted.width && height === wanted.height && width * height <= maxPixels;
}

/** A `Uint8Array` of its own (a pooled Buffer would keep its whole pool alive), with three channels. */
function toRgb(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return Uint8Array.from(data);
  const rgb = new Uint8Array((data.length / channels) * 3);
  for (let pixel = 0; pixel * channels < data.length; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      rgb[pixel * 3 + channel] = data[pixel * channels + (channels < 3 ? 0 : channel)] as number;
    }
  }
  return rgb;
}

function reasonOf(cause: unknown, maxPixels: number): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/exceeds pixel limit/i.test(message)) {
    return `it has more than ${maxPixels} pixels (maxPixels); make it smaller, or raise the limit if you trust it`;
  }
  if (/missing|no such file/i.test(message)) return "no such file";
  return `${message.trim().replaceAll("\n", "; ")} (corrupt, truncated, or not an image)`;
}
