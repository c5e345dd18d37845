/**
 * Consecutive pieces of a list, of `batchSize` items but for the last.
 *
 * @throws RangeError when the size is not a whole number of at least 1.
 */
export function batchesOf<Item>(operation: string, items: readonly Item[], batchSize: number): Item[][] {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`${operation}: batchSize (=${batchSize}) must be a whole number of at least 1`);
  }
  return Array.from({ length: Math.ceil(items.length / batchSize) }, (_, i) =>
    items.slice(i * batchSize, (i + 1) * batchSize),
  );
}
