import { saveTextTokenizer, trainTextTokenizer } from "../../text-tokenizer/train-text-tokenizer.ts";
import { type DemoContext, demoPaths } from "../demo-context.ts";
import type { Stage } from "../stage.ts";

/** Learns the scenes' vocabulary. */
export function textTokenizerStage({ out, scale, log, openScenes }: DemoContext): Stage<{ vocabSize: number }> {
  const recipe = { vocabSize: scale.recipe.textTokenizer.vocabSize, pattern: "o200k" } as const;
  const { textTokenizer: folder } = demoPaths(out);
  return {
    name: "text-tokenizer",
    inputs: recipe,
    outputs: ["text-tokenizer"],
    run: async () => {
      const tokenizer = trainTextTokenizer(await openScenes(), recipe, (line) => log(`  ${line}`));
      await saveTextTokenizer(folder, tokenizer);
      log(`  ${tokenizer.vocabSize} tokens`);
      return { vocabSize: tokenizer.vocabSize };
    },
  };
}
