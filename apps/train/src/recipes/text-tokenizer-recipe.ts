/** What a run of `train text-tokenizer` is made of. */
export type TextTokenizerRecipe = {
  readonly recipe: string;
  /** Ids in all: 256 bytes, learned tokens, special tokens. */
  readonly vocabSize: number;
  /** How text is cut before tokens are learned. */
  readonly pattern: "o200k" | "gpt2";
};
