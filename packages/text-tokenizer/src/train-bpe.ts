/**
 * Byte-level BPE training (Sennrich et al. 2016, arXiv 1508.07909, over bytes as in GPT-2): start from the 256 bytes and
 * again and again join the most frequent pair of neighbours. Each distinct piece of text is kept once with its count,
 * and a join recounts only the pieces it occurs in. Ties go to the pair with the smaller ids, so the result depends only
 * on how often each piece occurs.
 */
import { type BpeVocabulary, binaryStringToBytes, DEFAULT_SPECIAL_TOKENS } from "./bpe-vocabulary.ts";
import { PairHeap } from "./pair-heap.ts";
import { SPLIT_PATTERNS, type SplitPatternName, splitRegExp } from "./split-pattern.ts";

/** What `trainBpe` returns: the vocabulary, and how far it stayed behind what was asked for. */
export type TrainedBpe = BpeVocabulary & {
  /** Tokens that were asked for but not found, because no pair of neighbours occurs twice any more; usually 0. */
  readonly shortfall: number;
};

/** A pair's key is `left * KEY_BASE + right`: exact in a double, and ordered as the pair is. */
const KEY_BASE = 2 ** 21;

type Piece = { readonly symbols: Int32Array; length: number; readonly count: number };
type PairStatistics = { count: number; readonly pieces: number[] };

/**
 * Learns a vocabulary from texts.
 * @param options.vocabSize number of ids in all: 256 bytes, the learned tokens and the special tokens. Fewer come out
 *   when no pair repeats any more; `shortfall` says how many.
 * @param options.pattern how text is cut into pieces; tokens never cross a cut
 * @param options.specialTokens names that get the ids after the learned tokens, in this order
 * @throws {RangeError} when `vocabSize` is too small for the bytes and the special tokens, or too large
 * @throws {TypeError} when `texts` are not texts
 */
export function trainBpe(
  texts: Iterable<string>,
  options: { vocabSize: number; pattern?: SplitPatternName; specialTokens?: readonly string[] },
): TrainedBpe {
  const { vocabSize, pattern = "o200k", specialTokens = DEFAULT_SPECIAL_TOKENS } = options;
  const minimum = 256 + specialTokens.length;
  if (!Number.isInteger(vocabSize) || vocabSize < minimum || vocabSize >= KEY_BASE) {
    throw new RangeError(
      `trainBpe: vocabSize (=${vocabSize}) must be a whole number from ${minimum} (256 bytes and ${specialTokens.length} special tokens) ` +
        `to ${KEY_BASE - 1}; choose at least ${minimum}`,
    );
  }
  if (new Set(specialTokens).size !== specialTokens.length || specialTokens.includes("")) {
    throw new RangeError(`trainBpe: specialTokens (=${JSON.stringify(specialTokens)}) must be distinct and not empty`);
  }
  const source = SPLIT_PATTERNS[pattern];
  if (source === undefined) {
    throw new RangeError(`trainBpe: pattern (="${pattern}") must be one of ${Object.keys(SPLIT_PATTERNS).join(", ")}`);
  }
  if (typeof texts === "string") {
    throw new TypeError("trainBpe: texts is one string, whose characters would be the texts; give a list of texts");
  }
  const numTokens = vocabSize - specialTokens.length;
  const tokens = learnTokens(countPieces(texts, splitRegExp(source)), numTokens);
  const special = Object.fromEntries(specialTokens.map((name, i) => [name, tokens.length + i]));
  return { pattern: source, tokens, specialTokens: special, shortfall: numTokens - tokens.length };
}

function countPieces(texts: Iterable<string>, pattern: RegExp): Piece[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (typeof text !== "string") throw new TypeError(`trainBpe: texts has a ${typeof text} (=${text}); give strings`);
    for (const piece of text.match(pattern) ?? []) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const encoder = new TextEncoder();
  return Array.from(counts, ([text, count]) => {
    const symbols = Int32Array.from(encoder.encode(text));
    return { symbols, length: symbols.length, count };
  });
}

function learnTokens(pieces: readonly Piece[], numTokens: number): Uint8Array[] {
  const tokens = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const pairs = new Map<number, PairStatistics>();
  pieces.forEach((piece, index) => {
    for (let i = 0; i + 1 < piece.length; i++) addPair(pairs, pairKey(piece, i), piece.count, index);
  });
  const heap = new PairHeap();
  for (const [key, { count }] of pairs) heap.push(key, count);

  while (tokens.length < numTokens) {
    const best = heap.pop();
    if (best === undefined || best.count < 2) break;
    const pair = pairs.get(best.key);
    if (pair === undefined || pair.count !== best.count) continue;
    const left = Math.floor(best.key / KEY_BASE);
    const right = best.key % KEY_BASE;
    const joined = `${tokens[left]}${tokens[right]}`;
    // Two pairs can spell the same bytes (ab+c, a+bc). A vocabulary holds them once; the second pair takes the first's id.
    let id = ids.get(joined);
    if (id === undefined) {
      id = tokens.push(joined) - 1;
      ids.set(joined, id);
    }
    const changed = new Set<number>();
    pairs.delete(best.key);
    for (const index of pair.pieces) joinInPiece({ pieces, index, left, right, id, pairs, changed });
    for (const key of changed) {
      const count = pairs.get(key)?.count ?? 0;
      if (count >= 2) heap.push(key, count);
    }
  }
  return tokens.map(binaryStringToBytes);
}

function joinInPiece(join: {
  pieces: readonly Piece[];
  index: number;
  left: number;
  right: number;
  id: number;
  pairs: Map<number, PairStatistics>;
  changed: Set<number>;
}): void {
  const { index, left, right, id, pairs, changed } = join;
  const piece = join.pieces[index] as Piece;
  const { symbols, count } = piece;
  const isJoin = (i: number): boolean => i + 1 < piece.length && symbols[i] === left && symbols[i + 1] === right;
  let first = 0;
  while (first < piece.length && !isJoin(first)) first++;
  if (first >= piece.length) return; // an earlier join took the pair out of this piece
  for (let i = 0; i + 1 < piece.length; i++) changePair(pairs, pairKey(piece, i), -count, changed);
  let length = first;
  for (let i = first; i < piece.length; i++) {
    if (isJoin(i)) {
      symbols[length++] = id;
      i++;
    } else {
      symbols[length++] = symbols[i] as number;
    }
  }
  piece.length = length;
  for (let i = 0; i + 1 < length; i++) {
    const key = pairKey(piece, i);
    addPair(pairs, key, count, index);
    changed.add(key);
  }
}

function pairKey(piece: Piece, i: number): number {
  return (piece.symbols[i] as number) * KEY_BASE + (piece.symbols[i + 1] as number);
}

function addPair(pairs: Map<number, PairStatistics>, key: number, count: number, index: number): void {
  const pair = pairs.get(key);
  if (pair === undefined) {
    pairs.set(key, { count, pieces: [index] });
    return;
  }
  pair.count += count;
  if (pair.pieces[pair.pieces.length - 1] !== index) pair.pieces.push(index);
}

function changePair(pairs: Map<number, PairStatistics>, key: number, by: number, changed: Set<number>): void {
  const pair = pairs.get(key);
  if (pair === undefined) return;
  pair.count += by;
  changed.add(key);
}
