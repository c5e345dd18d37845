import { afterAll, describe, expect, it } from "vitest";
import { CHAT_TOKENS } from "./chat.ts";
import { TextTokenizer } from "./text-tokenizer.ts";
import { readTiktokenRanks } from "./tiktoken-ranks.ts";
import { trainBpe } from "./train-bpe.ts";

const vocabulary = trainBpe(["a red circle, a red square. Straße Привет 😀😀"], { vocabSize: 268 });
const tokenizer = TextTokenizer.fromVocabulary(vocabulary);
afterAll(() => tokenizer.dispose());

/** Random strings over all of Unicode, weighted to what breaks tokenizers. */
function randomText(seed: number): string {
  let state = seed;
  const next = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const ranges = [
    [32, 95],
    [0, 32],
    [0x80, 0x500],
    [0x300, 0x70],
    [0x4e00, 0x1000],
    [0xfe00, 0x200],
    [0x1f300, 0x400],
    [0xe0000, 0x80],
  ];
  return Array.from({ length: next(60) }, () => {
    const [start, size] = ranges[next(ranges.length)] as [number, number];
    return String.fromCodePoint(start + next(size));
  }).join("");
}

describe("TextTokenizer", () => {
  it("encodes texts only", () => {
    const tokenizer = TextTokenizer.fromVocabulary(trainBpe(["a"], { vocabSize: 300 }));
    expect(() => tokenizer.encode(5 as unknown as string)).toThrow("TextTokenizer.encode: text (=5) must be a string");
    tokenizer.dispose();
  });

  it("gives any Unicode text back", () => {
    for (let seed = 0; seed < 500; seed++) {
      const text = randomText(seed);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }
    expect(tokenizer.decode(tokenizer.encode("\ufeffa\u0000b"))).toBe("\ufeffa\u0000b");
  });

  it("turns a lone surrogate into U+FFFD", () => {
    expect(tokenizer.decode(tokenizer.encode("a\ud800b\udfff"))).toBe("a\ufffdb\ufffd");
  });

  it("never produces a special token from text", () => {
    const names = Object.values(CHAT_TOKENS);
    for (const text of [...names, names.join(""), `draw${CHAT_TOKENS.eos} ${CHAT_TOKENS.assistant}`]) {
      const ids = tokenizer.encode(text);
      expect(ids.every((id) => id < vocabulary.tokens.length)).toBe(true);
      expect(tokenizer.decode(ids)).toBe(text);
    }
  });

  it("decodes special ids to their names", () => {
    expect(tokenizer.decode([tokenizer.specialTokens[CHAT_TOKENS.boi] as number])).toBe("<|boi|>");
  });

  it("encodes runs of a million characters, which tiktoken alone cannot", () => {
    for (const text of [" ".repeat(1_000_000), `${"a".repeat(50_000)}\n`, "😀".repeat(20_001)]) {
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });

  it("finds such runs where JavaScript's white space is not tiktoken's, and among line ends with slashes", () => {
    for (const unit of ["\ufeff!", " \u0085", "\n/", "\r\n/"]) {
      const text = `!${unit.repeat(100_000)}`;
      expect(tokenizer.decode(tokenizer.encode(text)) === text).toBe(true);
    }
  });

  it("streams characters when they are complete", () => {
    const stream = tokenizer.stream();
    const bytes = [...new TextEncoder().encode("é€")];
    expect(bytes.map((byte) => stream.push(byte))).toEqual(["", "é", "", "", "€"]);
    expect(stream.push(0xe2)).toBe("");
    expect(stream.end()).toBe("\ufffd");
  });

  it("streams what it decodes at once", () => {
    for (let seed = 0; seed < 50; seed++) {
      const stream = tokenizer.stream();
      const ids = tokenizer.encode(randomText(seed));
      expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(tokenizer.decode(ids));
    }
  });

  it("refuses ids that stand for nothing, and works on", () => {
    for (const id of [-1, 268, 1.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(/stands for no token; ids are whole numbers from 0 to 267/);
    }
    expect(() => tokenizer.stream().push(268)).toThrow(RangeError);
    expect(tokenizer.decode(tokenizer.encode("red"))).toBe("red");
  });

  it("saves ranks that read back to the same tokens", () => {
    expect(readTiktokenRanks(tokenizer.toTiktokenRanks())).toEqual(vocabulary.tokens);
  });

  it("says so when used after dispose", () => {
    const short = TextTokenizer.fromVocabulary(vocabulary);
    short.dispose();
    short.dispose();
    expect(() => short.encode("a")).toThrow(/disposed/);
  });

  it("refuses vocabularies that cannot encode everything", () => {
    const { tokens, specialTokens } = vocabulary;
    const make = (changes: object) => () => TextTokenizer.fromVocabulary({ ...vocabulary, ...changes });
    expect(make({ tokens: tokens.slice(1), specialTokens: {} })).toThrow(/no token for the single byte 0/);
    expect(make({ tokens: [...tokens, Uint8Array.of(65)], specialTokens: {} })).toThrow(/repeats/);
    expect(make({ specialTokens: { ...specialTokens, bad: 3 } })).toThrow(/"bad" \(=3\) must come after/);
    expect(make({ specialTokens: { a: 400, b: 400 } })).toThrow(/share the id 400/);
  });
});
