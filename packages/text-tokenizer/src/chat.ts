/**
 * What a conversation is made of, before it is turned into tokens: messages of text and image parts, and the names of
 * the special tokens that frame them. The template that puts the frame around messages lives in `@interfuse/pipeline`.
 */

/** Names of the special tokens that frame a conversation and its images. */
export const CHAT_TOKENS = {
  /** Begins every sequence. */
  bos: "<|bos|>",
  /** Ends every assistant message. */
  eos: "<|eos|>",
  /** Begins a user message. */
  user: "<|user|>",
  /** Begins an assistant message. */
  assistant: "<|assistant|>",
  /** Begins an image. */
  boi: "<|boi|>",
  /** Ends an image. */
  eoi: "<|eoi|>",
} as const;

/** One piece of a message: text, or an image of whatever type the caller works with. */
export type ContentPart<Image> =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly image: Image };

/** One turn of a conversation. */
export type Message<Image> = {
  readonly role: "user" | "assistant";
  readonly content: readonly ContentPart<Image>[];
};
