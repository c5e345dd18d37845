/** On resume: whether the tokenizers are the checkpoint's. To a model, token ids and latents of others mean something else. */
import { join } from "node:path";
import type { ImageTokenizer } from "@interfuse/image-tokenizer";
import type { TextTokenizer } from "@interfuse/text-tokenizer";
import { UsageError } from "../config/usage-error.ts";
import { readImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { hashImageTokenizer } from "../image-tokenizer/image-tokenizer-hash.ts";
import { loadTextTokenizer } from "../text-tokenizer/train-text-tokenizer.ts";

/** @throws UsageError naming the tokenizer that differs; Error when the checkpoint's cannot be read. */
export async function assertSameTokenizers(
  checkpoint: string,
  { textTokenizer, imageTokenizer }: { textTokenizer: TextTokenizer; imageTokenizer: ImageTokenizer },
): Promise<void> {
  const text = await loadTextTokenizer(checkpoint);
  const isSameText = JSON.stringify(text.toTokenizerJson()) === JSON.stringify(textTokenizer.toTokenizerJson());
  text.dispose();
  if (!isSameText) {
    throw new UsageError(
      `--resume: the text tokenizer is not the one in "${checkpoint}"; resume with the settings and the --text-tokenizer, or captions, that the run started with, or start a new run in another folder`,
    );
  }
  const image = await readImageTokenizer(join(checkpoint, "image_tokenizer"));
  const isSameImage = (await hashImageTokenizer(image)) === (await hashImageTokenizer(imageTokenizer));
  image.dispose();
  if (!isSameImage) {
    throw new UsageError(
      `--resume: the image tokenizer is not the one in "${checkpoint}/image_tokenizer"; resume with the --image-tokenizer that the run started with, or start a new run in another folder`,
    );
  }
}
