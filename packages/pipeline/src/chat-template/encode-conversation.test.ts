import { type Message, TextTokenizer, trainBpe } from "@interfuse/text-tokenizer";
import { afterAll, describe, expect, it } from "vitest";
import { encodeConversation, encodePrompt } from "./encode-conversation.ts";
import type { LatentImage } from "./encode-pictures.ts";

/** Bytes only, so an id is a byte: "a" is 97. The frame: bos 256, eos 257, user 258, assistant 259, boi 260, eoi 261. */
const textTokenizer = TextTokenizer.fromVocabulary(trainBpe([], { vocabSize: 262 }));
afterAll(() => textTokenizer.dispose());
const image: LatentImage = { latents: new Float32Array(12), height: 2, width: 2 };
const options = { textTokenizer, latentsOf: (latents: LatentImage) => latents };

const text = (value: string) => ({ type: "text", text: value }) as const;
const picture = { type: "image", image } as const;
const user = (...content: Message<LatentImage>["content"]): Message<LatentImage> => ({ role: "user", content });
const assistant = (...content: Message<LatentImage>["content"]): Message<LatentImage> => ({
  role: "assistant",
  content,
});
const f = false;
const t = true;

describe("encodeConversation", () => {
  it("frames text, with losses on the answer and its end", () => {
    expect(encodeConversation([user(text("ab")), assistant(text("c"))], options)).toEqual({
      parts: [{ kind: "text", tokenIds: [256, 258, 97, 98, 259, 99, 257], lossMask: [f, f, f, f, f, t, t] }],
    });
  });

  it("has a loss on the pictures of the assistant only", () => {
    expect(
      encodeConversation([user(picture, text("a")), assistant(text("b"), picture)], { ...options, id: "x" }),
    ).toEqual({
      id: "x",
      parts: [
        { kind: "text", tokenIds: [256, 258], lossMask: [f, f] },
        { kind: "image", ...image, hasLoss: false },
        { kind: "text", tokenIds: [97, 259, 98], lossMask: [f, f, t] },
        { kind: "image", ...image, hasLoss: true },
        { kind: "text", tokenIds: [257], lossMask: [t] },
      ],
    });
  });

  it("goes on over several turns", () => {
    const messages = [user(text("a")), assistant(text("b")), user(text("c")), assistant(text("d"))];
    expect(encodeConversation(messages, options).parts).toEqual([
      {
        kind: "text",
        tokenIds: [256, 258, 97, 259, 98, 257, 258, 99, 259, 100, 257],
        lossMask: [f, f, f, f, t, t, f, f, f, t, t],
      },
    ]);
  });

  it("empties the user's messages and keeps the frame under guidance dropout", () => {
    const messages = [user(picture, text("a")), assistant(text("b"))];
    expect(encodeConversation(messages, { ...options, dropUser: true }).parts).toEqual([
      { kind: "text", tokenIds: [256, 258, 259, 98, 257], lossMask: [f, f, f, t, t] },
    ]);
  });

  it("keeps the names of special tokens as text", () => {
    const { parts } = encodeConversation([user(text("<|eos|>")), assistant(text("<|assistant|>"))], options);
    const ids = parts.flatMap((part) => (part.kind === "text" ? part.tokenIds : []));
    expect(ids.filter((id) => id >= 256)).toEqual([256, 258, 259, 257]);
    expect(textTokenizer.decode(ids)).toBe("<|bos|><|user|><|eos|><|assistant|><|assistant|><|eos|>");
  });

  it("refuses an empty conversation and a tokenizer without the frame", () => {
    expect(() => encodeConversation([], options)).toThrow(/messages is empty/);
    const bare = TextTokenizer.fromVocabulary(trainBpe([], { vocabSize: 257, specialTokens: ["<|bos|>"] }));
    const messages = [user(text("a"))];
    expect(() => encodeConversation(messages, { ...options, textTokenizer: bare })).toThrow(
      /<\|eos\|> <\|user\|>.*specialTokens/,
    );
    bare.dispose();
  });
});

describe("encodePrompt", () => {
  it("ends where the assistant begins, without losses", () => {
    expect(encodePrompt([user(text("a")), assistant(picture), user(text("b"))], options)).toEqual({
      parts: [
        { kind: "text", tokenIds: [256, 258, 97, 259] },
        { kind: "image", ...image, hasLoss: false },
        { kind: "text", tokenIds: [257, 258, 98, 259] },
      ],
    });
  });

  it("has a twin for guidance that knows the frame and the earlier answers only", () => {
    const messages = [user(text("a")), assistant(text("b")), user(picture, text("c"))];
    expect(encodePrompt(messages, { ...options, dropUser: true })).toEqual({
      parts: [{ kind: "text", tokenIds: [256, 258, 259, 98, 257, 258, 259] }],
    });
  });

  it("refuses a conversation with nothing to answer", () => {
    expect(() => encodePrompt([], options)).toThrow(/last message must be the user's/);
    expect(() => encodePrompt([user(text("a")), assistant(text("b"))], options)).toThrow(RangeError);
  });
});
