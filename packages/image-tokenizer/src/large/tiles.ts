/**
 * Running a network on overlapping tiles of a picture, blended linearly where they overlap: for networks that see whole
 * pictures (attention). The result is not the whole picture's: norms and attention see a tile each.
 */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";
import { type Runner, runWhole } from "../convolutional/steps.ts";
import { heightAfter } from "./rows.ts";

/** Sizes of tiles in pixels of the picture, rounded to multiples of what a latent covers. */
export type TileOptions = {
  /** Side of a tile. Default 512. */
  readonly tileSize?: number;
  /** Pixels that neighbours share at least. Default 128. */
  readonly tileOverlap?: number;
};

/** How tiles lie along an axis, in latents: all of one size, the first at 0, the last up to the end. */
type Tiling = { readonly size: number; readonly starts: readonly number[] };

/** A runner in tiles. A picture no larger than a tile is run whole. @throws RangeError unless the overlap is smaller than the tile. */
export function inTiles({ tileSize = 512, tileOverlap = 128 }: TileOptions = {}): Runner {
  if (!(tileOverlap >= 0 && tileOverlap < tileSize)) {
    throw new RangeError(`inTiles: tileOverlap (=${tileOverlap}) must be at least 0 and below tileSize (=${tileSize})`);
  }
  return (steps, x_BHWC) => {
    const scale = heightAfter(steps, 1);
    const pixelsPerLatent = Math.max(scale, 1 / scale);
    // Positions of input and output for each latent: one of the two is a picture.
    const inputUnit = Math.max(1, 1 / scale);
    const outputUnit = Math.max(1, scale);
    const size = Math.max(1, Math.round(tileSize / pixelsPerLatent));
    const overlap = Math.min(size - 1, Math.round(tileOverlap / pixelsPerLatent));
    const [batch, height, width, channels] = x_BHWC.shape;
    const rows = tilingOf(height / inputUnit, size, overlap);
    const columns = tilingOf(width / inputUnit, size, overlap);
    const tileShape: Shape = [batch, rows.size * inputUnit, columns.size * inputUnit, channels];
    const tileAt = (top: number, left: number) =>
      tf.tidy(() => runWhole(steps, x_BHWC.slice([0, top * inputUnit, left * inputUnit, 0], tileShape)));
    const rowAt = (top: number) => blend((left) => tileAt(top, left), columns, { axis: 2, unit: outputUnit });
    return blend(rowAt, rows, { axis: 1, unit: outputUnit });
  };
}

/** As few tiles as keep the overlap, evenly spread. */
function tilingOf(length: number, tileSize: number, overlap: number): Tiling {
  const size = Math.min(tileSize, length);
  const numSteps = Math.ceil((length - size) / (size - overlap));
  return {
    size,
    starts: Array.from({ length: numSteps + 1 }, (_, i) => Math.round((i * (length - size)) / Math.max(1, numSteps))),
  };
}

/** Joins tiles along an axis. In the shared part of two, weights go linearly from the first's to the second's. */
function blend(
  tileAt: (start: number) => tf.Tensor4D,
  { size, starts }: Tiling,
  { axis, unit }: { axis: 1 | 2; unit: number },
): tf.Tensor4D {
  return tf.tidy(() => {
    const finished: tf.Tensor4D[] = [];
    // What the next tile may still change: from the last tile's start on.
    let open = tileAt(0);
    starts.slice(1).forEach((start, index) => {
      const before = (start - (starts[index] as number)) * unit;
      const shared = size * unit - before;
      finished.push(part(open, axis, { begin: 0, length: before }));
      const next = tf.tidy(() => {
        const tile = tileAt(start);
        if (shared === 0) return tile;
        const weight = tf
          .range(1, shared + 1)
          .div(shared + 1)
          .reshape(axis === 1 ? [1, shared, 1, 1] : [1, 1, shared, 1]);
        const first = part(open, axis, { begin: before, length: shared });
        const second = part(tile, axis, { begin: 0, length: shared });
        const mixed = first.add<tf.Tensor4D>(second.sub(first).mul(weight));
        return tf.concat4d([mixed, part(tile, axis, { begin: shared, length: before })], axis);
      });
      open.dispose();
      open = next;
    });
    return tf.concat4d([...finished, open], axis);
  });
}

type Shape = [number, number, number, number];

function part(x: tf.Tensor4D, axis: 1 | 2, { begin, length }: { begin: number; length: number }): tf.Tensor4D {
  const start: Shape = [0, 0, 0, 0];
  const size: Shape = [...x.shape];
  start[axis] = begin;
  size[axis] = length;
  return x.slice(start, size);
}
