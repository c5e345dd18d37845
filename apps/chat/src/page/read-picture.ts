/** Files and pasted pictures as blobs that any answerer reads: PNG or JPEG, not larger than models need. */

/** Longest side that is kept, in pixels; models see far less. */
const MAX_SIDE = 1024;

/** @throws {TypeError} when the browser cannot read it as a picture */
export async function readPicture(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new TypeError("This is no picture that the browser can read; give a PNG, JPEG, WebP or GIF.", { cause });
  });
  const { width, height } = bitmap;
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  if (scale === 1 && (file.type === "image/png" || file.type === "image/jpeg")) {
    bitmap.close();
    return file;
  }
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.convertToBlob({ type: "image/png" });
}
