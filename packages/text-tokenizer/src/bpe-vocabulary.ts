/**
 * A byte-level BPE vocabulary: the byte strings in order of rank (rank = token id), the split pattern, and special
 * tokens with ids after the ranks. In tiktoken's formulation, which is used here, this is the whole tokenizer: encoding
 * a piece joins, again and again, the neighbours whose joined bytes have the lowest rank. No list of merges is needed.
 */
import { CHAT_TOKENS } from "./chat.ts";

/** A byte-level BPE vocabulary; see the head of the file. */
export type BpeVocabulary = {
  /** Regular expression, in Rust's syntax, that cuts text into pieces. */
  readonly pattern: string;
  /** Bytes of each token; the index is the rank and the token id. Every single byte is among them. */
  readonly tokens: readonly Uint8Array[];
  /** Ids of the special tokens by name; none is below `tokens.length`. */
  readonly specialTokens: Readonly<Record<string, number>>;
};

/** Special tokens that a vocabulary gets unless others are named: the frame of the chat template, in this order. */
export const DEFAULT_SPECIAL_TOKENS: readonly string[] = Object.values(CHAT_TOKENS);

/**
 * Checks that a vocabulary can be used: every byte present, no token twice, special ids whole, distinct and after the ranks.
 * @throws {RangeError} naming the first thing that is wrong
 */
export function validateVocabulary(operation: string, vocabulary: BpeVocabulary): void {
  const { tokens, specialTokens } = vocabulary;
  const seen = new Set<string>();
  tokens.forEach((token, rank) => {
    const key = bytesToBinaryString(token);
    if (key === "") throw new RangeError(`${operation}: token ${rank} is empty; every token needs at least one byte`);
    if (seen.has(key)) throw new RangeError(`${operation}: token ${rank} repeats the bytes of an earlier one`);
    seen.add(key);
  });
  for (let byte = 0; byte < 256; byte++) {
    if (!seen.has(String.fromCharCode(byte))) {
      throw new RangeError(`${operation}: no token for the single byte ${byte}; all 256 are needed to encode any text`);
    }
  }
  const names = new Map<number, string>();
  for (const [name, id] of Object.entries(specialTokens)) {
    if (name === "") throw new RangeError(`${operation}: a special token (id ${id}) has an empty name`);
    if (!Number.isInteger(id) || id < tokens.length) {
      throw new RangeError(`${operation}: special token "${name}" (=${id}) must come after the ${tokens.length} ranks`);
    }
    const other = names.get(id);
    if (other !== undefined) throw new RangeError(`${operation}: "${name}" and "${other}" share the id ${id}`);
    names.set(id, name);
  }
}

/** Number of ids a vocabulary needs: one more than its largest id. */
export function vocabularySize({ tokens, specialTokens }: BpeVocabulary): number {
  return Math.max(tokens.length, ...Object.values(specialTokens).map((id) => id + 1));
}

/** The same vocabulary with further special tokens after its last id; names it already has are left alone. */
export function addSpecialTokens(vocabulary: BpeVocabulary, names: readonly string[]): BpeVocabulary {
  let nextId = vocabularySize(vocabulary);
  const specialTokens: Record<string, number> = { ...vocabulary.specialTokens };
  for (const name of names) specialTokens[name] ??= nextId++;
  return { ...vocabulary, specialTokens };
}

/** Bytes as a string of characters 0 to 255: a key for maps, and what `btoa` takes. */
export function bytesToBinaryString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Reads what `bytesToBinaryString` wrote. */
export function binaryStringToBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
