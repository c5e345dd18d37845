/** Which codes a discrete tokenizer uses, and how evenly. */
import { type DiscreteImageTokenizer, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import { mapEqualSizes } from "@interfuse/pipeline";
import { tf } from "@interfuse/tensor";

/** How often each code occurs. */
export type CodeCounts = Float64Array;

/** What counts say. */
export type CodeUsage = {
  readonly numCodes: number;
  /** The share of codes that occur at all. */
  readonly usage: number;
  /** exp of the entropy of the codes' frequencies: how many codes, all as frequent, would be as varied. */
  readonly perplexity: number;
};

/** Counts the codes of pictures, of all stages or scales together. */
export async function countCodes(tokenizer: DiscreteImageTokenizer, pictures: readonly Picture[]): Promise<CodeCounts> {
  const counts = new Float64Array(tokenizer.numCodes);
  await mapEqualSizes(pictures, async (batch) => {
    const indices = tf.tidy(() => tokenizer.encodeToIndices(picturesToTensor(batch)));
    for (const index of await indices.data()) counts[index] = (counts[index] as number) + 1;
    indices.dispose();
    return [];
  });
  return counts;
}

/** Usage and perplexity of counts. */
export function codeUsage(counts: CodeCounts): CodeUsage {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const used = counts.filter((count) => count > 0);
  const entropy = used.reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  return { numCodes: counts.length, usage: used.length / counts.length, perplexity: Math.exp(entropy) };
}
