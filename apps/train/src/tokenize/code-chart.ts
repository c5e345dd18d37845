import type { CodebookUsage } from "@interfuse/evaluation";
import type { Picture } from "@interfuse/image-tokenizer";

const WIDTH = 512;
const HEIGHT = 256;
const BAR: readonly number[] = [47, 111, 191];
const GROUND: readonly number[] = [238, 238, 238];

/**
 * How often each code occurs, most frequent first, as bars; their height is the logarithm of the count, since a few codes
 * (a background's) outnumber all others. Several codes share a column when there are more codes than columns.
 */
export function codeChart({ counts, usage, perplexity }: CodebookUsage): { picture: Picture; caption: string } {
  const sorted = [...counts].sort((a, b) => b - a);
  const numColumns = Math.min(WIDTH, sorted.length);
  const columns = Array.from({ length: numColumns }, (_, column) => {
    const codes = sorted.slice(
      Math.floor((column * sorted.length) / numColumns),
      Math.floor(((column + 1) * sorted.length) / numColumns),
    );
    return codes.reduce((sum, count) => sum + count, 0) / codes.length;
  });
  const highest = Math.log1p(columns[0] ?? 0);
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let x = 0; x < WIDTH; x++) {
    const mean = columns[Math.floor((x * numColumns) / WIDTH)] as number;
    const top = Math.round(HEIGHT * (1 - (highest > 0 ? Math.log1p(mean) / highest : 0)));
    for (let y = 0; y < HEIGHT; y++) data.set(y < top ? GROUND : BAR, (y * WIDTH + x) * 3);
  }
  const numCodes = counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const caption = `${total} indices: ${Math.round(usage * numCodes)} of ${numCodes} codes used (${(100 * usage).toFixed(1)}%), perplexity ${perplexity.toFixed(1)}; most frequent ${sorted[0]} times, logarithmic`;
  return { picture: { width: WIDTH, height: HEIGHT, data }, caption };
}
