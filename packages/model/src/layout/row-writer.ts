import type { Layout, PositionKind } from "./layout.ts";
import type { PatchGrid } from "./patch-grid.ts";

/** Up to two ranges of keys: [a0, a1) and [b0, b1). */
export type KeyRange = readonly [a0: number, a1: number, b0: number, b1: number];

/** Collects the rows of a layout one after another: token id, position, key range. */
export class RowWriter {
  readonly tokenIds: number[] = [];
  readonly #positions: number[] = [];
  readonly #keyRanges: number[] = [];
  readonly #positionKind: PositionKind;

  constructor(positionKind: PositionKind) {
    this.#positionKind = positionKind;
  }

  /** Number of rows written. */
  get length(): number {
    return this.tokenIds.length;
  }

  /** A token at position (p, p, p). */
  token(tokenId: number, position: number, ranges: KeyRange): void {
    this.tokenIds.push(tokenId);
    this.#positions.push(position, position, position);
    this.#keyRanges.push(...ranges);
  }

  /**
   * The patches of one image whose first patch has position p: (p, p + row, p + column), or p + index when `raster`.
   * All of them see `ranges`.
   */
  patches(tokenId: number, grid: PatchGrid, position: number, ranges: KeyRange): void {
    for (let row = 0; row < grid.rows; row++) {
      for (let column = 0; column < grid.columns; column++) {
        if (this.#positionKind === "raster") {
          this.token(tokenId, position + row * grid.columns + column, ranges);
        } else {
          this.tokenIds.push(tokenId);
          this.#positions.push(position, position + row, position + column);
          this.#keyRanges.push(...ranges);
        }
      }
    }
  }

  /** All rows of a layout, as they are. */
  append({ tokenIds, positions_L3, keyRanges }: Layout): void {
    tokenIds.forEach((tokenId, row) => {
      this.tokenIds.push(tokenId);
      this.#positions.push(...positions_L3.subarray(3 * row, 3 * row + 3));
      this.#keyRanges.push(...keyRanges.subarray(4 * row, 4 * row + 4));
    });
  }

  /** Fills with inert tokens, which see nothing, to a multiple of `multipleOf`. */
  fill(tokenId: number, multipleOf: number): void {
    while (this.length % multipleOf !== 0) {
      this.token(tokenId, 0, [0, 0, 0, 0]);
    }
  }

  /** The rows as typed arrays. */
  finish(): { tokenIds: Int32Array; positions_L3: Float32Array; keyRanges: Int32Array } {
    return {
      tokenIds: Int32Array.from(this.tokenIds),
      positions_L3: Float32Array.from(this.#positions),
      keyRanges: Int32Array.from(this.#keyRanges),
    };
  }
}

/** How far positions advance over the patches of an image: text goes on at p + this. */
export function positionExtent(grid: PatchGrid, positionKind: PositionKind): number {
  return positionKind === "raster" ? grid.numTokens : Math.max(grid.rows, grid.columns);
}
