/** From pixels to blobs: what differs from the background, split into connected components. */
import { BACKGROUND, type Picture } from "@interfuse/data";

/**
 * Distance to the background (Euclidean, RGB 0–255) from which a pixel belongs to an object. The darkest object colour
 * is 161 away, so this is about a third of an edge pixel, and well above the noise of a generated background.
 */
const FOREGROUND_DISTANCE = 55;

/** A connected component: indices (row · width + column) of its pixels. */
export type Component = { readonly pixels: readonly number[] };

/** The components (8 neighbours) of all pixels that are not background. */
export function findComponents(picture: Picture): Component[] {
  const { width, height } = picture;
  const isForeground = foregroundMask(picture);
  const components: Component[] = [];
  for (let start = 0; start < width * height; start++) {
    if (isForeground[start] === 0) continue;
    isForeground[start] = 0;
    const pixels = [start];
    for (let next = 0; next < pixels.length; next++) {
      for (const neighbour of neighboursOf(pixels[next] as number, picture)) {
        if (isForeground[neighbour] === 0) continue;
        isForeground[neighbour] = 0;
        pixels.push(neighbour);
      }
    }
    components.push({ pixels });
  }
  return components;
}

/** Indices of the up to eight pixels around one. */
export function neighboursOf(index: number, { width, height }: Picture): number[] {
  const column = index % width;
  const row = (index - column) / width;
  const neighbours: number[] = [];
  for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
      if (y !== row || x !== column) neighbours.push(y * width + x);
    }
  }
  return neighbours;
}

/** RGB of a pixel. */
export function pixelAt({ data }: Picture, index: number): readonly [number, number, number] {
  return [data[index * 3] as number, data[index * 3 + 1] as number, data[index * 3 + 2] as number];
}

/** Euclidean distance of two colours. */
export function colourDistance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(
    (a[0] as number) - (b[0] as number),
    (a[1] as number) - (b[1] as number),
    (a[2] as number) - (b[2] as number),
  );
}

function foregroundMask(picture: Picture): Uint8Array {
  const mask = new Uint8Array(picture.width * picture.height);
  for (let index = 0; index < mask.length; index++) {
    mask[index] = colourDistance(pixelAt(picture, index), BACKGROUND) > FOREGROUND_DISTANCE ? 1 : 0;
  }
  return mask;
}
