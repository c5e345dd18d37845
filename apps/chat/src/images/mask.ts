/** A mask over an image to edit: where it is transparent the model may paint, elsewhere the image stays as it was. */
import type { Picture } from "@interfuse/data";
import sharp from "sharp";

/** One byte a pixel: 255 where the picture is to be kept, 0 where it may change. */
export type Mask = { readonly width: number; readonly height: number; readonly kept: Uint8Array };

/**
 * Reads the alpha of a mask, turned as its EXIF says and fitted to a size, like the image it belongs to.
 * @throws Error when it is no picture, has no alpha (black and white say nothing of what may change) or more than `maxPixels` pixels
 */
export async function readMask(
  bytes: Uint8Array,
  { size, maxPixels }: { size: number; maxPixels: number },
): Promise<Mask> {
  const mask = sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" });
  const { hasAlpha } = await mask.metadata();
  if (!hasAlpha) throw new Error("a mask needs an alpha channel, transparent where the picture may change");
  const { data, info } = await mask
    .autoOrient()
    .resize(size, size, { fit: "cover" })
    .extractChannel("alpha")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, kept: Uint8Array.from(data) };
}

/** The painted picture where the mask lets it be, the original elsewhere; soft edges mix the two. */
export function applyMask(painted: Picture, original: Picture, mask: Mask): Picture {
  const data = painted.data.map((value, index) => {
    const kept = (mask.kept[Math.floor(index / 3)] as number) / 255;
    return Math.round(kept * (original.data[index] as number) + (1 - kept) * value);
  });
  return { width: painted.width, height: painted.height, data };
}
