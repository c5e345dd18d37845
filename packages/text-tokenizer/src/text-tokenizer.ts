/**
 * Text to token ids and back, whatever the tokenizer came from. Special tokens are never produced from text: they are
 * put into a sequence by id, by the code that builds it.
 */
import { addSpecialTokens, type BpeVocabulary, DEFAULT_SPECIAL_TOKENS } from "./bpe-vocabulary.ts";
import { HuggingFaceEngine } from "./huggingface-engine.ts";
import { loadPublishedEncoding, type PublishedEncodingName } from "./published-encodings.ts";
import { TiktokenEngine } from "./tiktoken-engine.ts";
import type { TextStream, TokenEngine } from "./token-engine.ts";
import { readTokenizerJson, type TokenizerJson } from "./tokenizer-json.ts";

/** A text tokenizer; make one with a `from…` function and `dispose` it when done (it holds wasm memory). */
export class TextTokenizer {
  /** One more than the largest token id. */
  readonly vocabSize: number;
  /** Ids of the special tokens by name. */
  readonly specialTokens: Readonly<Record<string, number>>;
  #engine: TokenEngine | undefined;

  private constructor(engine: TokenEngine) {
    this.#engine = engine;
    this.vocabSize = engine.vocabSize;
    this.specialTokens = engine.specialTokens;
  }

  /**
   * A tokenizer over a vocabulary, such as `trainBpe` returns.
   * @throws {RangeError} when a byte is missing, a token repeats or a special id lies among the ranks
   */
  static fromVocabulary(vocabulary: BpeVocabulary): TextTokenizer {
    return new TextTokenizer(new TiktokenEngine("TextTokenizer.fromVocabulary", vocabulary));
  }

  /**
   * A published encoding, from the ranks in the `tiktoken` package.
   * @param options.specialTokens names that are added after the last id; by default the frame of the chat template
   * @throws {RangeError} when the name is unknown, naming the nearest
   */
  static async fromTiktoken(
    name: PublishedEncodingName,
    options: { specialTokens?: readonly string[] } = {},
  ): Promise<TextTokenizer> {
    const { specialTokens = DEFAULT_SPECIAL_TOKENS } = options;
    const vocabulary = addSpecialTokens(await loadPublishedEncoding(name), specialTokens);
    return new TextTokenizer(new TiktokenEngine("TextTokenizer.fromTiktoken", vocabulary));
  }

  /**
   * The contents of a `tokenizer.json`, ours or another project's. Files of our form are run by tiktoken, all others by
   * `@huggingface/tokenizers`. A file that normalises text (lower case, say) does not give back what went in.
   * @param json the parsed file
   * @param options.specialTokens names that are added after the last id unless the file has them; none by default
   * @throws {TypeError} when it is not a tokenizer.json
   */
  static fromTokenizerJson(json: unknown, options: { specialTokens?: readonly string[] } = {}): TextTokenizer {
    const operation = "TextTokenizer.fromTokenizerJson";
    const { specialTokens = [] } = options;
    assertTokenizerJson(operation, json);
    const vocabulary = readTokenizerJson(json);
    return new TextTokenizer(
      vocabulary === undefined
        ? new HuggingFaceEngine(operation, json, specialTokens)
        : new TiktokenEngine(operation, addSpecialTokens(vocabulary, specialTokens)),
    );
  }

  /** Whether an id stands for a token; published vocabularies leave some ids free. */
  hasToken(tokenId: number): boolean {
    const isInRange = Number.isInteger(tokenId) && tokenId >= 0 && tokenId < this.vocabSize;
    return isInRange && this.#use("hasToken").hasToken(tokenId);
  }

  /** Encodes text. The name of a special token is text like any other. A lone surrogate becomes U+FFFD. @throws {TypeError} for what is no text */
  encode(text: string): number[] {
    if (typeof text !== "string") throw new TypeError(`TextTokenizer.encode: text (=${text}) must be a string`);
    return this.#use("encode").encode(toWellFormed(text));
  }

  /**
   * Decodes ids, special ones to their names. Bytes that are not UTF-8 come out as U+FFFD.
   * @throws {RangeError} when an id stands for no token
   */
  decode(tokenIds: readonly number[]): string {
    const engine = this.#use("decode");
    for (const tokenId of tokenIds) this.#check(tokenId);
    return engine.decode(tokenIds);
  }

  /** Starts decoding ids as they come, never showing half a character. */
  stream(): TextStream {
    const stream = this.#use("stream").stream();
    return {
      push: (tokenId) => {
        this.#check(tokenId);
        return stream.push(tokenId);
      },
      end: () => stream.end(),
    };
  }

  /** The contents of a `tokenizer.json`; `fromTokenizerJson` gives the same tokenizer back. */
  toTokenizerJson(): object {
    return this.#use("toTokenizerJson").toTokenizerJson();
  }

  /**
   * The ranks in tiktoken's text form (without pattern and special tokens, which that form cannot hold).
   * @throws {TypeError} when the tokenizer is not byte-level BPE by ranks
   */
  toTiktokenRanks(): string {
    return this.#use("toTiktokenRanks").toTiktokenRanks();
  }

  /** Frees the wasm memory; the tokenizer cannot be used afterwards. */
  dispose(): void {
    this.#engine?.dispose();
    this.#engine = undefined;
  }

  #use(method: string): TokenEngine {
    if (this.#engine === undefined) {
      throw new Error(`TextTokenizer.${method}: the tokenizer was disposed; make a new one`);
    }
    return this.#engine;
  }

  #check(tokenId: number): void {
    if (this.hasToken(tokenId)) return;
    const isFree = Number.isInteger(tokenId) && tokenId >= 0 && tokenId < this.vocabSize;
    throw new RangeError(
      `TextTokenizer.decode: token id ${tokenId} stands for no token; ids are whole numbers from 0 to ${this.vocabSize - 1}` +
        (isFree ? ", and this one is left free by the vocabulary" : ""),
    );
  }
}

/** Model types that `@huggingface/tokenizers` knows; it would run any other as something else. */
const MODEL_TYPES: readonly unknown[] = ["BPE", "WordPiece", "Unigram"];

function assertTokenizerJson(operation: string, json: unknown): asserts json is TokenizerJson {
  const { model, added_tokens: addedTokens } = (json ?? {}) as {
    model?: { type?: unknown; vocab?: unknown };
    added_tokens?: unknown;
  };
  if (typeof model?.vocab !== "object" || model.vocab === null) {
    throw new TypeError(`${operation}: no "model.vocab" in the file; give the parsed contents of a tokenizer.json`);
  }
  if (model.type !== undefined && !MODEL_TYPES.includes(model.type)) {
    throw new TypeError(`${operation}: model.type (="${model.type}") must be one of ${MODEL_TYPES.join(", ")}`);
  }
  if (addedTokens !== undefined && !Array.isArray(addedTokens)) {
    throw new TypeError(`${operation}: "added_tokens" is not a list; give the parsed contents of a tokenizer.json`);
  }
}

function toWellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
