/** Pictures: 8-bit RGB, the form everything outside this package speaks, and their way to pixel tensors and back. */
// B batch, H height, W width, C channels (3)
import { tf } from "@interfuse/tensor";
import { CHANNELS, checkPicture } from "./check-picture.ts";

/** An RGB picture: `data[(y * width + x) * 3 + channel]`, 0 to 255. */
export type Picture = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** Height and width, in pixels. */
export type PictureSize = { readonly height: number; readonly width: number };

/** Pixel values `[H, W, 3]` flattened, in [-1, 1]: 0 becomes -1, 255 becomes 1. @throws RangeError when the data does not have `3 * width * height` bytes. */
export function pictureToPixels(picture: Picture): Float32Array {
  checkPicture("pictureToPixels", picture);
  const pixels = new Float32Array(picture.data.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (picture.data[i] as number) / 127.5 - 1;
  return pixels;
}

/**
 * The picture nearest to pixel values `[H, W, 3]`; what lies outside [-1, 1] is clamped.
 *
 * @throws RangeError when the number of values is not `3 * width * height`, or one of them is NaN.
 */
export function pixelsToPicture(pixels: Float32Array, { height, width }: PictureSize): Picture {
  checkPicture("pixelsToPicture", { height, width, data: pixels });
  checkNoNaN("pixelsToPicture", pixels);
  return { width, height, data: Uint8Array.from(pixels, (value) => quantise(value)) };
}

/** One tensor `[B, H, W, 3]` of pictures of one size. @throws RangeError when there are none, or their sizes differ. */
export function picturesToTensor(pictures: readonly Picture[]): tf.Tensor4D {
  const first = pictures[0];
  if (first === undefined) throw new RangeError("picturesToTensor: the list of pictures is empty; give at least one");
  const { width, height } = first;
  const numValues = width * height * CHANNELS;
  const pixels = new Float32Array(pictures.length * numValues);
  pictures.forEach((picture, index) => {
    if (picture.width !== width || picture.height !== height) {
      throw new RangeError(
        `picturesToTensor: picture ${index} is ${picture.width}x${picture.height} and the first is ${width}x${height}; resize them to one size`,
      );
    }
    pixels.set(pictureToPixels(picture), index * numValues);
  });
  return tf.tensor4d(pixels, [pictures.length, height, width, CHANNELS]);
}

/** The pictures of a tensor `[B, H, W, 3]`. @throws RangeError for another number of channels, or a NaN. */
export async function tensorToPictures(pixels_BHWC: tf.Tensor4D): Promise<Picture[]> {
  const [batch, height, width, channels] = pixels_BHWC.shape;
  if (channels !== CHANNELS) {
    throw new RangeError(
      `tensorToPictures: pixels_BHWC has ${channels} channels (=shape[3]); it must have ${CHANNELS}`,
    );
  }
  const values = (await pixels_BHWC.data()) as Float32Array;
  const numValues = width * height * CHANNELS;
  return Array.from({ length: batch }, (_, index) =>
    pixelsToPicture(values.subarray(index * numValues, (index + 1) * numValues), { height, width }),
  );
}

function quantise(value: number): number {
  return Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
}

/** @throws RangeError naming the first NaN. */
function checkNoNaN(operation: string, values: Float32Array): void {
  const index = values.findIndex(Number.isNaN);
  if (index >= 0)
    throw new RangeError(`${operation}: pixel value ${index} is NaN; the model that made it has diverged`);
}
