/** Pixels of one forward pass of an image tokenizer; bounds memory. */
export const MAX_BATCH_PIXELS = 2 ** 18;

/**
 * Maps items in batches of one size, keeping their order.
 * @param options.maxArea the area of a batch in all, which holds one item at least; the default suits pictures in pixels
 */
export async function mapEqualSizes<Item extends { height: number; width: number }, Result>(
  items: readonly Item[],
  mapBatch: (batch: readonly Item[]) => Promise<Result[]>,
  { maxArea = MAX_BATCH_PIXELS }: { maxArea?: number } = {},
): Promise<Result[]> {
  const bySize = new Map<string, number[]>();
  items.forEach(({ height, width }, index) => {
    const indices = bySize.get(`${height}x${width}`);
    if (indices === undefined) bySize.set(`${height}x${width}`, [index]);
    else indices.push(index);
  });
  const results: Result[] = new Array(items.length);
  for (const indices of bySize.values()) {
    const { height, width } = items[indices[0] as number] as Item;
    const batchSize = Math.max(1, Math.floor(maxArea / (height * width)));
    for (let start = 0; start < indices.length; start += batchSize) {
      const batch = indices.slice(start, start + batchSize);
      const mapped = await mapBatch(batch.map((index) => items[index] as Item));
      batch.forEach((index, i) => {
        results[index] = mapped[i] as Result;
      });
    }
  }
  return results;
}
