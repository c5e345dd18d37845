import { openDataset } from "@interfuse/data";
import { scenesTextTokenizer } from "../../recipes/text-tokenizers.ts";
import { saveTextTokenizer, trainTextTokenizer } from "../../text-tokenizer/train-text-tokenizer.ts";
import { type DemoContext, demoPaths } from "../demo-context.ts";
import type { Stage } from "../stage.ts";

/** Learns the scenes' vocabulary. */
export function textTokenizerStage({ out, log }: DemoContext): Stage<{ vocabSize: number }> {
  const recipe = scenesTextTokenizer();
  const { scenes, textTokenizer: folder } = demoPaths(out);
  return {
    name: "text-tokenizer",
    inputs: { vocabSize: recipe.vocabSize, pattern: recipe.pattern },
    outputs: ["text-tokenizer"],
    run: async () => {
      const tokenizer = trainTextTokenizer(await openDataset(scenes), recipe, (line) => log(`  ${line}`));
      await saveTextTokenizer(folder, tokenizer);
      log(`  ${tokenizer.vocabSize} tokens`);
      return { vocabSize: tokenizer.vocabSize };
    },
  };
}
