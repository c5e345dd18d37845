import { describe, expect, it } from "vitest";
import { bytesToBinaryString } from "./bpe-vocabulary.ts";
import { SPLIT_PATTERNS, splitRegExp } from "./split-pattern.ts";
import { trainBpe } from "./train-bpe.ts";

/** Learned tokens as text, without the 256 bytes. */
function learned(texts: string[], numTokens: number): string[] {
  const { tokens } = trainBpe(texts, { vocabSize: 256 + numTokens, specialTokens: [] });
  return tokens.slice(256).map((token) => new TextDecoder().decode(token));
}

/** The algorithm as the paper states it: recount every pair before every join. */
function trainByRecounting(texts: string[], numTokens: number): string[] {
  const pieces = texts.flatMap((text) => text.match(splitRegExp(SPLIT_PATTERNS.o200k)) ?? []);
  let words = pieces.map((piece) => Array.from(new TextEncoder().encode(piece)));
  const tokens = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
  while (tokens.length < 256 + numTokens) {
    const counts = new Map<number, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const key = (word[i] as number) * 100_000 + (word[i + 1] as number);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const best = [...counts].sort(([keyA, a], [keyB, b]) => b - a || keyA - keyB)[0];
    if (best === undefined || best[1] < 2) break;
    const left = Math.floor(best[0] / 100_000);
    const right = best[0] % 100_000;
    const joined = `${tokens[left]}${tokens[right]}`;
    const id = tokens.includes(joined) ? tokens.indexOf(joined) : tokens.push(joined) - 1;
    words = words.map((word) => {
      const result: number[] = [];
      for (let i = 0; i < word.length; i++) {
        const isJoin = word[i] === left && word[i + 1] === right;
        result.push(isJoin ? id : (word[i] as number));
        if (isJoin) i++;
      }
      return result;
    });
  }
  return tokens;
}

/** Text with many repeats from a small linear congruential generator. */
function repetitiveText(seed: number, length: number): string {
  let state = seed;
  return Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return "aaabbc é😀 \n"[Math.floor(state / 7) % 11] ?? "a";
  }).join("");
}

describe("trainBpe", () => {
  it("refuses what are no texts", () => {
    expect(() => trainBpe("one text, not a list", { vocabSize: 300 })).toThrow("texts is one string");
    expect(() => trainBpe([5 as unknown as string], { vocabSize: 300 })).toThrow("texts has a number (=5)");
  });

  it("joins the most frequent pair first, ties to the smaller ids", () => {
    // "ab" 4 times, then "abc" (ab+c) 3 times; "xy" and "yz" tie at 2 and "xy" has the smaller ids.
    expect(learned(["ab", "abc", "abc", "abc", "xyz", "xyz"], 3)).toEqual(["ab", "abc", "xy"]);
  });

  it("counts overlapping repeats as neighbours, and joins them from the left", () => {
    expect(learned(["aaaaa"], 1)).toEqual(["aa"]);
    expect(learned(["aaaaaaaa"], 2)).toEqual(["aa", "aaaa"]);
  });

  it("never joins across a cut of the split pattern", () => {
    expect(learned(["red circle, red circle, red circle"], 40).every((token) => !/\S\s/.test(token))).toBe(true);
  });

  it("equals training that recounts everything at every join", () => {
    for (const seed of [1, 2, 3]) {
      const texts = [repetitiveText(seed, 3000)];
      const { tokens } = trainBpe(texts, { vocabSize: 356, specialTokens: [] });
      expect(tokens.map(bytesToBinaryString)).toEqual(trainByRecounting(texts, 100));
    }
  });

  it("does not depend on the order of the texts", () => {
    const texts = Array.from({ length: 20 }, (_, i) => repetitiveText(i, 200));
    const options = { vocabSize: 300, specialTokens: [] };
    expect(trainBpe(texts.toReversed(), options)).toEqual(trainBpe(texts, options));
  });

  it("stops when no pair repeats and says how much is missing", () => {
    const vocabulary = trainBpe(["abab"], { vocabSize: 300, specialTokens: ["<end>"] });
    expect(vocabulary.tokens).toHaveLength(257);
    expect(vocabulary.shortfall).toBe(300 - 1 - 257);
    expect(vocabulary.specialTokens).toEqual({ "<end>": 257 });
  });

  it("puts special ids after the ranks, in the order given", () => {
    const { tokens, specialTokens, shortfall } = trainBpe(["aaaa"], { vocabSize: 262 });
    expect(tokens).toHaveLength(256);
    expect(shortfall).toBe(0);
    expect(Object.values(specialTokens)).toEqual([256, 257, 258, 259, 260, 261]);
    expect(Object.keys(specialTokens)[0]).toBe("<|bos|>");
  });

  it("refuses sizes without room for the bytes and the special tokens", () => {
    expect(() => trainBpe([], { vocabSize: 255, specialTokens: [] })).toThrow(/vocabSize \(=255\).*at least 256/);
    expect(() => trainBpe([], { vocabSize: 257, specialTokens: ["a", "b"] })).toThrow(/at least 258/);
    expect(() => trainBpe([], { vocabSize: 300.5 })).toThrow(RangeError);
    expect(() => trainBpe([], { vocabSize: 300, specialTokens: ["a", "a"] })).toThrow(/distinct/);
  });

  it("refuses an unknown pattern", () => {
    expect(() => trainBpe([], { vocabSize: 300, pattern: "gpt3" as "gpt2" })).toThrow(/one of gpt2, o200k/);
  });
});
