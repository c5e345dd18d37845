/** Image files as the model takes them, decoded by the browser. */
import type { Picture } from "@interfuse/image-tokenizer";

/**
 * The middle square of an image, scaled to `size` x `size` pixels, over white where it is transparent. An image of that size
 * keeps its pixels.
 * @throws Error when the browser cannot decode it
 */
export async function readPicture(image: Blob, size: number): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(image, { colorSpaceConversion: "none" });
  } catch (cause) {
    throw new Error(`this browser cannot read the picture (${image.type || "of unknown type"}); send a PNG or a JPEG`, {
      cause,
    });
  }
  try {
    const context = new OffscreenCanvas(size, size).getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("this browser has no memory left for a picture; close other tabs");
    const side = Math.min(bitmap.width, bitmap.height);
    const left = Math.floor((bitmap.width - side) / 2);
    const top = Math.floor((bitmap.height - side) / 2);
    context.fillStyle = "white";
    context.fillRect(0, 0, size, size);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, left, top, side, side, 0, 0, size, size);
    return { width: size, height: size, data: withoutAlpha(context.getImageData(0, 0, size, size).data) };
  } finally {
    bitmap.close();
  }
}

function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    for (let channel = 0; channel < 3; channel++) rgb[pixel * 3 + channel] = rgba[pixel * 4 + channel] as number;
  }
  return rgb;
}
