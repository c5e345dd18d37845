/** Vocabularies of other projects through the same class: published encodings, and `tokenizer.json` of several forms. */
import { TextTokenizer } from "@interfuse/text-tokenizer";
import { get_encoding } from "tiktoken";
import { describe, expect, it } from "vitest";

const SPECIAL = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
const EMPTY = { version: "1.0", normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };

/** As BERT: lower-cases, splits at white space and punctuation, joins word pieces. */
const WORD_PIECE = {
  ...EMPTY,
  added_tokens: [
    { id: 0, content: "[UNK]", ...SPECIAL },
    { id: 1, content: "[SEP]", ...SPECIAL },
  ],
  normalizer: {
    type: "BertNormalizer",
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: { type: "BertProcessing", sep: ["[SEP]", 1], cls: ["[SEP]", 1] },
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: { "[UNK]": 0, "[SEP]": 1, red: 2, circle: 3, "##s": 4, "[": 5, "]": 6, sep: 7, two: 8 },
  },
};

/** As SentencePiece Unigram: spaces are part of the pieces; the special token is in the model's own list. */
const UNIGRAM = {
  ...EMPTY,
  added_tokens: [
    { id: 0, content: "<unk>", ...SPECIAL },
    { id: 1, content: "</s>", ...SPECIAL },
  ],
  pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  model: {
    type: "Unigram",
    unk_id: 0,
    vocab: [
      ["<unk>", 0],
      ["</s>", 0],
      ["▁", -3],
      ["▁red", -2],
      ["▁cir", -4],
      ["cle", -4],
      ["▁circle", -5],
      ["<", -9],
      ["/", -9],
      ["s", -9],
      [">", -9],
    ],
  },
};

/** As Llama 2: BPE over characters with bytes as the way out, no unknown token needed. */
const BYTE_FALLBACK = {
  ...EMPTY,
  added_tokens: [{ id: 0, content: "<s>", ...SPECIAL }],
  normalizer: {
    type: "Sequence",
    normalizers: [
      { type: "Prepend", prepend: "▁" },
      { type: "Replace", pattern: { String: " " }, content: "▁" },
    ],
  },
  decoder: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      { type: "Strip", content: " ", start: 1, stop: 0 },
    ],
  },
  model: {
    type: "BPE",
    unk_token: "<s>",
    byte_fallback: true,
    vocab: {
      "<s>": 0,
      ...Object.fromEntries(
        Array.from({ length: 256 }, (_, i) => [`<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`, 1 + i]),
      ),
      ...{ "▁": 257, r: 258, e: 259, d: 260, "▁r": 261, ed: 262, "▁red": 263 },
    },
    merges: ["▁ r", "e d", "▁r ed"],
  },
};

describe("published encodings", () => {
  it.each([
    ["gpt2", 50257],
    ["cl100k_base", 100277],
    ["o200k_base", 200019],
  ] as const)("%s encodes as the tiktoken package's own", async (name, vocabSize) => {
    const tokenizer = await TextTokenizer.fromTiktoken(name, { specialTokens: [] });
    const reference = get_encoding(name);
    expect(tokenizer.vocabSize).toBe(vocabSize);
    for (const text of [
      "hello world",
      "It's naïve 😀\n\n  数字 123456",
      "<|endoftext|> DON'T\u0085 e\u0301 a.b/c\r\n",
    ]) {
      const ids = tokenizer.encode(text);
      expect(ids).toEqual([...reference.encode(text, [], [])]);
      expect(ids).not.toContain(tokenizer.specialTokens["<|endoftext|>"]);
      expect(tokenizer.decode(ids)).toBe(text);
    }
    tokenizer.dispose();
    reference.free();
  });

  it("adds the chat frame after the last id, and is saved and loaded with it", async () => {
    const tokenizer = await TextTokenizer.fromTiktoken("gpt2");
    expect(tokenizer.specialTokens).toMatchObject({ "<|endoftext|>": 50256, "<|bos|>": 50257, "<|eoi|>": 50262 });
    const loaded = TextTokenizer.fromTokenizerJson(JSON.parse(JSON.stringify(tokenizer.toTokenizerJson())));
    const text = "two large   circles, left of 1234 squares — naïve!";
    expect(loaded.encode(text)).toEqual(tokenizer.encode(text));
    expect(loaded.specialTokens).toEqual(tokenizer.specialTokens);
    expect(loaded.toTiktokenRanks() === tokenizer.toTiktokenRanks()).toBe(true);
    tokenizer.dispose();
    loaded.dispose();
  });

  it("refuses an id that the vocabulary leaves free", async () => {
    const tokenizer = await TextTokenizer.fromTiktoken("cl100k_base", { specialTokens: [] });
    expect(() => tokenizer.decode([100256])).toThrow(/100256 .*left free/);
    tokenizer.dispose();
  });

  it("names the nearest encoding", async () => {
    await expect(TextTokenizer.fromTiktoken("cl100k" as "gpt2")).rejects.toThrow(/did you mean "cl100k_base"/);
    await expect(TextTokenizer.fromTiktoken("toString" as "gpt2")).rejects.toThrow(RangeError);
  });
});

describe("tokenizer.json of other projects", () => {
  it("encodes as a WordPiece file says, without its framing tokens", () => {
    const tokenizer = TextTokenizer.fromTokenizerJson(WORD_PIECE);
    expect(tokenizer.encode("Two RED circles")).toEqual([8, 2, 3, 4]);
    expect(tokenizer.decode([8, 2, 3, 4])).toBe("two red circles");
    expect(tokenizer.encode("[SEP]")).toEqual([5, 7, 6]);
    expect(tokenizer.encode("")).toEqual([]);
  });

  it("encodes as a Unigram file says, and keeps its special tokens out of user text", () => {
    const tokenizer = TextTokenizer.fromTokenizerJson(UNIGRAM);
    expect(tokenizer.encode("red circle")).toEqual([3, 6]);
    expect(tokenizer.decode([3, 6])).toBe("red circle");
    expect(tokenizer.encode("</s>")).toEqual([2, 7, 8, 9, 10]);
    expect(tokenizer.decode([1])).toBe("</s>");
  });

  it("encodes as a byte-fallback file says, and streams it", () => {
    const tokenizer = TextTokenizer.fromTokenizerJson(BYTE_FALLBACK);
    const ids = tokenizer.encode("red é");
    expect(ids).toEqual([263, 257, 1 + 0xc3, 1 + 0xa9]);
    expect(tokenizer.decode(ids)).toBe("red é");
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id))).toEqual(["red", " ", "", "é"]);
    expect(stream.end()).toBe("");
    expect(tokenizer.encode("<s>")).not.toContain(0);
  });

  it("streams long texts as it decodes them", () => {
    const tokenizer = TextTokenizer.fromTokenizerJson(BYTE_FALLBACK);
    const ids = tokenizer.encode("red é red 😀 ".repeat(40));
    const stream = tokenizer.stream();
    expect(ids.map((id) => stream.push(id)).join("") + stream.end()).toBe(tokenizer.decode(ids));
  });

  it("gets the chat frame on request, and is saved and loaded with it", () => {
    const tokenizer = TextTokenizer.fromTokenizerJson(WORD_PIECE, { specialTokens: ["<|bos|>", "[SEP]"] });
    expect(tokenizer.specialTokens).toEqual({ "[UNK]": 0, "[SEP]": 1, "<|bos|>": 9 });
    expect(tokenizer.vocabSize).toBe(10);
    const loaded = TextTokenizer.fromTokenizerJson(JSON.parse(JSON.stringify(tokenizer.toTokenizerJson())));
    expect(loaded.specialTokens).toEqual(tokenizer.specialTokens);
    expect(loaded.encode("two circles <|bos|>")).not.toContain(9);
    expect(() => loaded.toTiktokenRanks()).toThrow(/WordPiece.*toTokenizerJson/);
  });

  it("refuses what is not a tokenizer.json", () => {
    for (const json of [null, "text", [], {}, { model: {} }, { model: { vocab: null } }]) {
      expect(() => TextTokenizer.fromTokenizerJson(json)).toThrow(/no "model.vocab"/);
    }
    expect(() => TextTokenizer.fromTokenizerJson({ ...WORD_PIECE, added_tokens: 3 })).toThrow(/added_tokens/);
    expect(() => TextTokenizer.fromTokenizerJson({ ...WORD_PIECE, model: { type: "Nonsense", vocab: {} } })).toThrow(
      TypeError,
    );
    expect(() => TextTokenizer.fromTokenizerJson({ ...WORD_PIECE, decoder: { type: "Nonsense" } })).toThrow(
      /does not load/,
    );
  });
});
