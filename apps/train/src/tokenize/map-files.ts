/**
 * Maps what files hold, all at once; where that fails one by one, so that the error names the file.
 *
 * @param files A name for each of `items`.
 * @throws Error that names the file and says what `map` says of it; as `map` where no item fails by itself.
 */
export async function mapFiles<Item, Result>(
  files: readonly string[],
  items: readonly Item[],
  map: (items: readonly Item[]) => Promise<Result[]>,
): Promise<Result[]> {
  try {
    return await map(items);
  } catch (error) {
    for (const [index, item] of items.entries()) {
      await map([item]).catch((cause: Error) => {
        throw new Error(`"${files[index]}": ${cause.message}`, { cause });
      });
    }
    throw error;
  }
}
