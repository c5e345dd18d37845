import { CHAT_TOKENS, type TextTokenizer } from "@interfuse/text-tokenizer";

/** Ids of the special tokens that frame a conversation. */
export type ChatFrame = Readonly<Record<keyof typeof CHAT_TOKENS, number>>;

/**
 * Looks up the frame of the chat template in a tokenizer.
 * @throws {RangeError} naming the tokens that are missing
 */
export function chatFrame(textTokenizer: TextTokenizer): ChatFrame {
  const { specialTokens } = textTokenizer;
  const missing = Object.values(CHAT_TOKENS).filter((name) => specialTokens[name] === undefined);
  if (missing.length > 0) {
    throw new RangeError(
      `chatFrame: the text tokenizer lacks the special tokens ${missing.join(" ")}; ` +
        "add them with TextTokenizer.fromTokenizerJson(json, { specialTokens: Object.values(CHAT_TOKENS) })",
    );
  }
  const idOf = (name: string): number => specialTokens[name] as number;
  return {
    bos: idOf(CHAT_TOKENS.bos),
    eos: idOf(CHAT_TOKENS.eos),
    user: idOf(CHAT_TOKENS.user),
    assistant: idOf(CHAT_TOKENS.assistant),
    boi: idOf(CHAT_TOKENS.boi),
    eoi: idOf(CHAT_TOKENS.eoi),
  };
}
