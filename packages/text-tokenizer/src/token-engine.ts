/** What a `TextTokenizer` stands on: tiktoken over our ranks, or `@huggingface/tokenizers` over a foreign `tokenizer.json`. */
export interface TokenEngine {
  /** One more than the largest token id. */
  readonly vocabSize: number;
  /** Ids of the special tokens by name. */
  readonly specialTokens: Readonly<Record<string, number>>;
  /** Encodes well-formed text; no special token is ever among the ids. */
  encode(text: string): number[];
  /** Whether an id below `vocabSize` stands for a token; published vocabularies have gaps. */
  hasToken(tokenId: number): boolean;
  /** Decodes checked ids; bytes that are not UTF-8 come out as U+FFFD. */
  decode(tokenIds: readonly number[]): string;
  /** Starts decoding a stream of checked ids. */
  stream(): TextStream;
  /** The tokenizer as the contents of a `tokenizer.json`. */
  toTokenizerJson(): object;
  /** The ranks as tiktoken's text. @throws {TypeError} when the tokenizer has no ranks */
  toTiktokenRanks(): string;
  /** Frees what the garbage collector does not see. */
  dispose(): void;
}

/** Decodes ids one after another; a character whose bytes are spread over several tokens appears once it is complete. */
export interface TextStream {
  /** Adds an id and returns the text that became complete with it, which may be empty. */
  push(tokenId: number): string;
  /** Ends the stream and returns what is left; incomplete characters come out as U+FFFD. */
  end(): string;
}
