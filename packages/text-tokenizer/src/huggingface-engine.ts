/**
 * Encoding and decoding by `@huggingface/tokenizers` over a `tokenizer.json` of another project.
 *
 * Hugging Face tokenizers turn the name of a special token in the text into that token. User text must not do that, so
 * encoding uses a copy of the file without its special tokens, and only decoding uses the file itself.
 */
import { Tokenizer } from "@huggingface/tokenizers";
import type { TextStream, TokenEngine } from "./token-engine.ts";
import { specialTokenEntry, type TokenizerJson } from "./tokenizer-json.ts";

/** Where a stream of ids is cut so that decoding stays linear; see `stream`. */
const STREAM_WINDOW = 64;

/** A token engine on `@huggingface/tokenizers`; see `TokenEngine`. */
export class HuggingFaceEngine implements TokenEngine {
  readonly vocabSize: number;
  readonly specialTokens: Readonly<Record<string, number>>;
  readonly #json: TokenizerJson;
  readonly #encoder: Tokenizer;
  readonly #decoder: Tokenizer;

  /**
   * @param specialTokens names that are added after the file's last id, unless it has them
   * @throws {TypeError} when the file does not load
   */
  constructor(operation: string, file: TokenizerJson, specialTokens: readonly string[]) {
    this.#json = withSpecialTokens(file, specialTokens);
    try {
      this.#encoder = new Tokenizer(withoutSpecialTokens(this.#json), {});
      this.#decoder = new Tokenizer(this.#json, {});
    } catch (cause) {
      throw new TypeError(`${operation}: the tokenizer.json does not load: ${(cause as Error).message}`, { cause });
    }
    this.vocabSize = largestId(this.#json) + 1;
    this.specialTokens = Object.fromEntries(specialTokensOf(this.#json).map(({ content, id }) => [content, id]));
  }

  encode(text: string): number[] {
    if (text === "") return [];
    const { ids } = this.#encoder.encode(text, { add_special_tokens: false });
    const unknown = ids.indexOf(undefined as unknown as number);
    if (unknown >= 0) {
      throw new RangeError(
        `TextTokenizer.encode: this tokenizer.json has neither a token for part ${unknown} of ${JSON.stringify(text.slice(0, 80))} ` +
          "nor an unknown token; use a byte-level tokenizer for arbitrary text",
      );
    }
    return ids;
  }

  hasToken(tokenId: number): boolean {
    return this.#decoder.id_to_token(tokenId) !== undefined;
  }

  decode(tokenIds: readonly number[]): string {
    if (tokenIds.length === 0) return "";
    return this.#decoder.decode([...tokenIds], { clean_up_tokenization_spaces: false });
  }

  /**
   * Some decoders look at the neighbours of a token (a first space is dropped, bytes are joined), so the new text is the
   * difference between decoding with and without the new token. The window moves on at a complete character.
   */
  stream(): TextStream {
    let tokenIds: number[] = [];
    let shown = "";
    return {
      push: (tokenId) => {
        tokenIds.push(tokenId);
        const text = this.decode(tokenIds);
        if (text.endsWith("\uFFFD")) return "";
        const delta = text.slice(shown.length);
        shown = text;
        if (tokenIds.length > STREAM_WINDOW) {
          tokenIds = tokenIds.slice(-STREAM_WINDOW / 2);
          shown = this.decode(tokenIds);
        }
        return delta;
      },
      end: () => this.decode(tokenIds).slice(shown.length),
    };
  }

  toTokenizerJson(): object {
    return structuredClone(this.#json);
  }

  toTiktokenRanks(): string {
    const type = this.#json.model.type ?? "unknown";
    throw new TypeError(
      `TextTokenizer.toTiktokenRanks: this tokenizer came from a tokenizer.json (model ${type}) that has no tiktoken form; ` +
        "save it with toTokenizerJson()",
    );
  }

  dispose(): void {}
}

function specialTokensOf(json: TokenizerJson): { id: number; content: string }[] {
  return (json.added_tokens ?? []).filter((token) => token.special === true);
}

function largestId(json: TokenizerJson): number {
  const { vocab } = json.model;
  const ids = isTokenList(vocab) ? [vocab.length - 1] : Object.values(vocab);
  let largest = -1;
  for (const id of ids) largest = Math.max(largest, id);
  for (const { id } of json.added_tokens ?? []) largest = Math.max(largest, id);
  return largest;
}

function withSpecialTokens(json: TokenizerJson, names: readonly string[]): TokenizerJson {
  const addedTokens = json.added_tokens ?? [];
  const known = new Set(specialTokensOf(json).map(({ content }) => content));
  let nextId = largestId(json) + 1;
  const further = names.filter((name) => !known.has(name)).map((name) => specialTokenEntry(name, nextId++));
  // The library insists on these keys; real files may leave out those that are empty.
  const required = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return { ...required, ...json, added_tokens: [...addedTokens, ...further] };
}

/** The unknown token stays in the vocabulary: it is what text may turn into, not a command. */
function withoutSpecialTokens(json: TokenizerJson): TokenizerJson {
  const { model } = json;
  const hidden = new Set(specialTokensOf(json).map(({ content }) => content));
  if (typeof model.unk_token === "string") hidden.delete(model.unk_token);
  // A Unigram vocabulary is a list whose places are the ids, so hidden entries are renamed to a lone surrogate, which
  // well-formed text cannot contain.
  const vocab = isTokenList(model.vocab)
    ? model.vocab.map(([token, score], id): [string, number] => {
        return [hidden.has(token) && id !== model.unk_id ? `\uD800${id}` : token, score];
      })
    : Object.fromEntries(Object.entries(model.vocab).filter(([token]) => !hidden.has(token)));
  return {
    ...json,
    added_tokens: (json.added_tokens ?? []).filter((token) => token.special !== true),
    model: { ...model, vocab },
  };
}

/** Whether a vocabulary is Unigram's list of tokens with scores. */
function isTokenList(vocab: TokenizerJson["model"]["vocab"]): vocab is readonly (readonly [string, number])[] {
  return Array.isArray(vocab);
}
