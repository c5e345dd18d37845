/** Encoding and decoding by tiktoken (Rust compiled to wasm) over a byte-level BPE vocabulary. */
import { Tiktoken } from "#tiktoken";
import { type BpeVocabulary, validateVocabulary, vocabularySize } from "./bpe-vocabulary.ts";
import { packTiktokenRanks, writeTiktokenRanks } from "./tiktoken-ranks.ts";
import type { TextStream, TokenEngine } from "./token-engine.ts";
import { writeTokenizerJson } from "./tokenizer-json.ts";

/**
 * Longest run (see `RUNS`) that is handed to tiktoken in one piece. Its merge loop is quadratic
 * in the length of a piece (100,000 equal letters take 9 s) and its regular expressions abort on a million spaces, so
 * longer runs are cut here. Only such runs encode otherwise than in tiktoken itself; they still decode to themselves.
 */
const MAX_RUN_LENGTH = 2048;

/**
 * The runs: white space as Rust knows it, which unlike JavaScript's has U+0085 and lacks U+FEFF, and line ends with
 * slashes, of which o200k_base makes one piece.
 */
const RUNS = /[\r\n/]+|\p{White_Space}+|\P{White_Space}+/gu;

/** A token engine on tiktoken; see `TokenEngine`. */
export class TiktokenEngine implements TokenEngine {
  readonly vocabSize: number;
  readonly specialTokens: Readonly<Record<string, number>>;
  readonly #vocabulary: BpeVocabulary;
  readonly #encoding: Tiktoken;
  readonly #specialIds: ReadonlySet<number>;

  constructor(operation: string, vocabulary: BpeVocabulary) {
    validateVocabulary(operation, vocabulary);
    const { tokens, specialTokens, pattern } = vocabulary;
    this.vocabSize = vocabularySize(vocabulary);
    this.specialTokens = { ...specialTokens };
    this.#specialIds = new Set(Object.values(specialTokens));
    this.#vocabulary = vocabulary;
    this.#encoding = new Tiktoken(packTiktokenRanks(tokens), { ...specialTokens }, pattern);
  }

  encode(text: string): number[] {
    return splitLongRuns(text).flatMap((part) => Array.from(this.#encoding.encode(part, [], [])));
  }

  hasToken(tokenId: number): boolean {
    return tokenId < this.#vocabulary.tokens.length || this.#specialIds.has(tokenId);
  }

  decode(tokenIds: readonly number[]): string {
    return newDecoder().decode(this.#encoding.decode(Uint32Array.from(tokenIds)));
  }

  stream(): TextStream {
    const decoder = newDecoder();
    return {
      push: (tokenId) => decoder.decode(this.#encoding.decode(Uint32Array.of(tokenId)), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  toTokenizerJson(): object {
    return writeTokenizerJson(this.#vocabulary);
  }

  toTiktokenRanks(): string {
    return writeTiktokenRanks(this.#vocabulary.tokens);
  }

  dispose(): void {
    this.#encoding.free();
  }
}

/** `ignoreBOM` keeps a leading U+FEFF, which a decoder otherwise swallows. */
function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

function splitLongRuns(text: string): string[] {
  if (text.length <= MAX_RUN_LENGTH) return [text];
  const parts: string[] = [];
  let start = 0;
  for (const { 0: run, index } of text.matchAll(RUNS)) {
    for (let cut = index + MAX_RUN_LENGTH; cut < index + run.length; cut += MAX_RUN_LENGTH) {
      if (isLowSurrogate(text.charCodeAt(cut))) cut--;
      parts.push(text.slice(start, cut));
      start = cut;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
