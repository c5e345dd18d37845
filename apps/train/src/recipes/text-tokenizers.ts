import type { TextTokenizerRecipe } from "./text-tokenizer-recipe.ts";

/** For worlds of few words, such as scenes. */
export function scenesTextTokenizer(): TextTokenizerRecipe {
  return { ...defaultTextTokenizer(), recipe: "scenes", vocabSize: 512 };
}

/** For ordinary captions and chats. */
export function defaultTextTokenizer(): TextTokenizerRecipe {
  return { recipe: "default", vocabSize: 8192, pattern: "o200k" };
}
