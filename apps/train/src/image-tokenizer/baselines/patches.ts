/** Pictures cut into square patches, as rows of numbers, and put together again. */
import type { Picture } from "@interfuse/image-tokenizer";

/** Patches of `side` x `side` pixels, one a row of `side * side * 3` values from -1 to 1; pictures row by row. */
export type Patches = { readonly values: Float32Array; readonly dim: number };

/** The patches of pictures whose sides `side` divides. */
export function cutPatches(pictures: readonly Picture[], side: number): Patches {
  const dim = side * side * 3;
  const numValues = pictures.reduce((sum, { data }) => sum + data.length, 0);
  const values = new Float32Array(numValues);
  eachPatchValue(pictures, side, (picture, index, position) => {
    values[position] = (picture.data[index] as number) / 127.5 - 1;
  });
  return { values, dim };
}

/** The pictures, in the sizes of `like`, that patches make; values outside [-1, 1] are clamped. */
export function joinPatches({ values }: Patches, like: readonly Picture[], side: number): Picture[] {
  const pictures = like.map(({ width, height, data }) => ({ width, height, data: new Uint8Array(data.length) }));
  eachPatchValue(pictures, side, (picture, index, position) => {
    const byte = Math.round(((values[position] as number) + 1) * 127.5);
    picture.data[index] = Math.max(0, Math.min(255, byte));
  });
  return pictures;
}

/** Calls `visit` with each value's picture, its index there and its position among the patches. */
function eachPatchValue(
  pictures: readonly Picture[],
  side: number,
  visit: (picture: Picture, index: number, position: number) => void,
): void {
  let position = 0;
  for (const picture of pictures) {
    for (let top = 0; top < picture.height; top += side) {
      for (let left = 0; left < picture.width; left += side) {
        for (let y = top; y < top + side; y++) {
          const start = (y * picture.width + left) * 3;
          for (let index = start; index < start + side * 3; index++) visit(picture, index, position++);
        }
      }
    }
  }
}
