import { type CodebookUsage, codebookUsage } from "@interfuse/evaluation";
import { type DiscreteImageTokenizer, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import { mapEqualSizes } from "@interfuse/pipeline";
import { tf } from "@interfuse/tensor";
import { encodeToIndicesAnySize } from "./any-size.ts";

/** How a tokenizer's codes are used for pictures, those of all stages or scales together. */
export async function codeUsage(
  tokenizer: DiscreteImageTokenizer,
  pictures: readonly Picture[],
): Promise<CodebookUsage> {
  const codes = await mapEqualSizes(pictures, async (batch) => {
    const indices = tf.tidy(() => encodeToIndicesAnySize(tokenizer, picturesToTensor(batch)));
    const values = await indices.data();
    indices.dispose();
    const size = values.length / batch.length;
    return batch.map((_, i) => values.slice(i * size, (i + 1) * size));
  });
  return codebookUsage(
    codes.flatMap((values) => [...values]),
    tokenizer.numCodes,
  );
}
