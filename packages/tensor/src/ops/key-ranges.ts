/**
 * Key ranges say what each query sees without a mask: row i of an int32 [L,4] is (a0, a1, b0, b1), and query i sees
 * the keys [a0,a1) ∪ [b0,b1). Ranges are ordered and disjoint (a0 <= a1 <= b0 <= b1) unless one is empty; an empty
 * range is any pair of equal bounds, so (0,0,0,0) sees nothing.
 */
// L queries, S keys
import { tf } from "../tf.ts";

/**
 * Checks key ranges for `numQueries` queries over `numKeys` keys.
 * @throws RangeError naming the row and its values when a range is reversed, overlaps or leaves [0, numKeys].
 */
export function checkKeyRanges(keyRanges: Int32Array, numQueries: number, numKeys: number): void {
  if (!(keyRanges instanceof Int32Array)) throw new TypeError("attention: keyRanges must be an Int32Array");
  if (keyRanges.length !== numQueries * 4) {
    throw new RangeError(
      `attention: keyRanges (${keyRanges.length} values) must hold 4 for each of ${numQueries} queries`,
    );
  }
  for (let row = 0; row < numQueries; row++) {
    const a0 = keyRanges[row * 4]!;
    const a1 = keyRanges[row * 4 + 1]!;
    const b0 = keyRanges[row * 4 + 2]!;
    const b1 = keyRanges[row * 4 + 3]!;
    const isOrdered = a0 === a1 || b0 === b1 || a1 <= b0;
    if (a0 < 0 || a1 < a0 || b0 < 0 || b1 < b0 || a1 > numKeys || b1 > numKeys || !isOrdered) {
      throw new RangeError(
        `attention: keyRanges row ${row} (=[${a0}, ${a1}, ${b0}, ${b1}]) must be two ordered, disjoint ranges within [0, ${numKeys}]`,
      );
    }
  }
}

/**
 * The boolean mask [L, numKeys] of what each query sees: for the portable definition, for tests and for drawings.
 * @throws RangeError when the key ranges are not valid over `numKeys` keys.
 */
export function keyRangesToMask(keyRanges: Int32Array, numKeys: number): tf.Tensor2D {
  const numQueries = Math.floor(keyRanges.length / 4);
  checkKeyRanges(keyRanges, numQueries, numKeys);
  const mask = new Uint8Array(numQueries * numKeys);
  for (let row = 0; row < numQueries; row++) {
    mask.fill(1, row * numKeys + keyRanges[row * 4]!, row * numKeys + keyRanges[row * 4 + 1]!);
    mask.fill(1, row * numKeys + keyRanges[row * 4 + 2]!, row * numKeys + keyRanges[row * 4 + 3]!);
  }
  return tf.tensor2d(mask, [numQueries, numKeys], "bool");
}
