import { Tokenizer } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { bytesToCharacters, charactersToBytes } from "./byte-characters.ts";
import { SPLIT_PATTERNS, type SplitPatternName } from "./split-pattern.ts";
import { TextTokenizer } from "./text-tokenizer.ts";
import { readTokenizerJson, writeTokenizerJson } from "./tokenizer-json.ts";
import { trainBpe } from "./train-bpe.ts";

const CORPUS = [
  "a small red circle left of a blue square, and two green triangles",
  "Don't stop; we'll see, they're here. HTTPServer readFileSync 12345 67",
  "naïve café — 数字と文字 Привет мир 😀😀👍🏽",
  "  indented\n\n\tlines\r\n  with   spaces  ",
];
const SAMPLES = [
  ...CORPUS,
  "",
  " ",
  "   a",
  "I'LL don'T 's 'S",
  "x\u0085y\ufeffz\u200d\u00a0",
  "ꙮ e\u0301 ﷺ 👩‍👩‍👧‍👧 🇩🇪",
  "123456789 1,234.5 ½ Ⅻ",
  "!!!///\r\n\r\n --> <|eos|> </s>",
  "camelCase XMLHttpRequest ǅabc",
];

describe("byte characters", () => {
  it("stand for all 256 bytes one to one, the space as in GPT-2", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const characters = bytesToCharacters(bytes);
    expect(new Set(characters).size).toBe(256);
    expect(charactersToBytes(characters)).toEqual(bytes);
    expect(bytesToCharacters(Uint8Array.of(32, 10, 65, 0xad))).toBe("ĠĊAŃ");
    expect(charactersToBytes("Ā ")).toBeUndefined();
  });
});

describe("writeTokenizerJson", () => {
  it.each(Object.keys(SPLIT_PATTERNS) as SplitPatternName[])(
    "is read by @huggingface/tokenizers, which then encodes as we do (%s)",
    (pattern) => {
      const tokenizer = TextTokenizer.fromVocabulary(trainBpe(CORPUS, { vocabSize: 400, pattern }));
      const reference = new Tokenizer(tokenizer.toTokenizerJson(), {});
      for (const text of SAMPLES) {
        const expected = reference.encode(text, { add_special_tokens: false });
        // The library splits at special names wherever they stand; ours must not, so they are compared without.
        if (!text.includes("<|eos|>")) expect(tokenizer.encode(text), text).toEqual(expected.ids);
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }
      expect(reference.encode("<|eos|>").ids).toEqual([tokenizer.specialTokens["<|eos|>"]]);
      tokenizer.dispose();
    },
  );

  it("survives JSON and gives the same vocabulary back", () => {
    const vocabulary = trainBpe(CORPUS, { vocabSize: 280 });
    const { shortfall, ...expected } = vocabulary;
    expect(shortfall).toBe(0);
    expect(readTokenizerJson(JSON.parse(JSON.stringify(writeTokenizerJson(vocabulary))))).toEqual(expected);
  });

  it("is not mistaken for ours when anything that matters differs", () => {
    const json = writeTokenizerJson(trainBpe(CORPUS, { vocabSize: 280 }));
    const { vocab, merges = [] } = json.model;
    const withModel = (changes: object) => ({ ...json, model: { ...json.model, ...changes } });
    expect(readTokenizerJson(json)).toBeDefined();
    expect(readTokenizerJson({ ...json, normalizer: { type: "Lowercase" } })).toBeUndefined();
    expect(readTokenizerJson({ ...json, pre_tokenizer: { type: "ByteLevel" } })).toBeUndefined();
    expect(readTokenizerJson(withModel({ ignore_merges: false }))).toBeUndefined();
    expect(readTokenizerJson(withModel({ merges: merges.slice(1) }))).toBeUndefined();
    expect(readTokenizerJson(withModel({ merges: [merges[1], merges[0], ...merges.slice(2)] }))).toBeUndefined();
    expect(readTokenizerJson(withModel({ vocab: { ...vocab, "no byte": 900 } }))).toBeUndefined();
    expect(readTokenizerJson(withModel({ merges: merges.map((line) => (line as string).split(" ")) }))).toBeDefined();
  });
});
