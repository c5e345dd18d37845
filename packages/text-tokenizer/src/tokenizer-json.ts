/**
 * `tokenizer.json` of Hugging Face tokenizers for our byte-level BPE vocabularies. That format lists merges where
 * tiktoken only has ranks: every way to cut a token into two known tokens becomes a merge, in order of the token's rank,
 * which makes both encode alike. A file is recognised as ours by writing it again and comparing, so a file from elsewhere
 * that says the same (Llama 3 has this form) also gets the fast engine, and no file is taken for what it is not.
 */
import { type BpeVocabulary, bytesToBinaryString, validateVocabulary } from "./bpe-vocabulary.ts";
import { bytesToCharacters, charactersToBytes } from "./byte-characters.ts";

/** The parts of a `tokenizer.json` that are looked at here. */
export type TokenizerJson = {
  readonly added_tokens?: readonly AddedToken[];
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: unknown;
  readonly model: {
    readonly type?: string;
    readonly vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
    readonly merges?: readonly (string | readonly [string, string])[];
    readonly unk_token?: string | null;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
};

/** An entry of `added_tokens`. */
export type AddedToken = { readonly id: number; readonly content: string; readonly special?: boolean };

/** Writes a vocabulary as the contents of a `tokenizer.json`. */
export function writeTokenizerJson(vocabulary: BpeVocabulary): TokenizerJson {
  const { pattern, tokens, specialTokens } = vocabulary;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: Object.entries(specialTokens)
      .sort(([, a], [, b]) => a - b)
      .map(([content, id]) => specialTokenEntry(content, id)),
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(tokens.map((token, rank) => [bytesToCharacters(token), rank])),
      merges: mergesOf(tokens),
    },
  };
}

/** A complete `added_tokens` entry for a special token. */
export function specialTokenEntry(content: string, id: number): AddedToken {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { id, content, ...flags };
}

/** Reads a `tokenizer.json` back into a vocabulary; `undefined` when it is not of the form that `writeTokenizerJson` writes. */
export function readTokenizerJson(json: TokenizerJson): BpeVocabulary | undefined {
  const { model } = json;
  const pattern = splitPatternOf(json.pre_tokenizer);
  if (pattern === undefined || model.type !== "BPE" || Array.isArray(model.vocab)) return undefined;
  const tokens: Uint8Array[] = [];
  for (const [characters, rank] of Object.entries(model.vocab as Readonly<Record<string, number>>)) {
    const bytes = charactersToBytes(characters);
    if (bytes === undefined) return undefined;
    tokens[rank] = bytes;
  }
  const addedTokens = json.added_tokens ?? [];
  if (addedTokens.some((token) => token.special !== true)) return undefined;
  const specialTokens = Object.fromEntries(addedTokens.map(({ content, id }) => [content, id]));
  const vocabulary: BpeVocabulary = { pattern, tokens: Array.from(tokens), specialTokens };
  try {
    validateVocabulary("readTokenizerJson", vocabulary);
  } catch {
    return undefined;
  }
  return isSameTokenizer(writeTokenizerJson(vocabulary), json) ? vocabulary : undefined;
}

function splitPatternOf(preTokenizer: unknown): string | undefined {
  const { pretokenizers } = (preTokenizer ?? {}) as { pretokenizers?: { pattern?: { Regex?: unknown } }[] };
  const pattern = Array.isArray(pretokenizers) ? pretokenizers[0]?.pattern?.Regex : undefined;
  return typeof pattern === "string" ? pattern : undefined;
}

/** Compares what decides an encoding; the post-processor adds framing tokens only, which are never asked for. */
function isSameTokenizer(ours: TokenizerJson, other: TokenizerJson): boolean {
  const essence = ({ normalizer, pre_tokenizer, model }: TokenizerJson): string =>
    JSON.stringify([
      normalizer ?? null,
      preTokenizerEssence(pre_tokenizer),
      model.ignore_merges ?? false,
      model.dropout ?? null,
      model.continuing_subword_prefix || null,
      model.end_of_word_suffix || null,
      (model.merges ?? []).map((merge) => (typeof merge === "string" ? merge : merge.join(" "))),
    ]);
  return essence(ours) === essence(other);
}

function preTokenizerEssence(preTokenizer: unknown): unknown {
  const { type, pretokenizers } = preTokenizer as { type: unknown; pretokenizers: Record<string, unknown>[] };
  return [
    type,
    pretokenizers.map((step) => [
      ...[step.type, step.pattern, step.behavior, step.invert ?? false],
      ...[step.type === "ByteLevel" && step.add_prefix_space, step.type === "ByteLevel" && step.use_regex],
    ]),
  ];
}

/** All ways to join two tokens into a third, as lines `left right`, ordered by the ranks of result, left and right. */
function mergesOf(tokens: readonly Uint8Array[]): string[] {
  const keys = tokens.map(bytesToBinaryString);
  const ranks = new Map(keys.map((key, rank) => [key, rank]));
  const characters = tokens.map(bytesToCharacters);
  return keys.flatMap((key) => {
    const splits: { left: number; right: number }[] = [];
    for (let cut = 1; cut < key.length; cut++) {
      const left = ranks.get(key.slice(0, cut));
      const right = ranks.get(key.slice(cut));
      if (left !== undefined && right !== undefined) splits.push({ left, right });
    }
    splits.sort((a, b) => a.left - b.left || a.right - b.right);
    return splits.map(({ left, right }) => `${characters[left]} ${characters[right]}`);
  });
}
