/**
 * The chat template: a conversation as a document of the model,
 *
 *     <bos> ( <user> … | <assistant> … <eos> )*
 *
 * with losses on what the assistant says and on the `<eos>` that ends it. Guidance dropout empties the user parts and
 * keeps the frame, in training and in sampling alike. The image frame (`<boi>`, `<eoi>`) is put in by the model's layout.
 */
import type { Document, Part } from "@interfuse/model";
import type { ContentPart, Message, TextTokenizer } from "@interfuse/text-tokenizer";
import { chatFrame } from "./chat-frame.ts";
import type { LatentImage } from "./encode-pictures.ts";

/** How a conversation becomes a document. */
export type ConversationOptions<Image> = {
  readonly textTokenizer: TextTokenizer;
  /** The latents of an image of the conversation; see `encodePictures`. */
  readonly latentsOf: (image: Image) => LatentImage;
  /** Guidance dropout: leave the user's messages empty. */
  readonly dropUser?: boolean;
  /** Names the document, and so its random draws in training. */
  readonly id?: string | number;
};

/**
 * A conversation to train on.
 * @throws {RangeError} when there is no message, or the tokenizer lacks the frame
 */
export function encodeConversation<Image>(
  messages: readonly Message<Image>[],
  options: ConversationOptions<Image>,
): Document {
  if (messages.length === 0) {
    throw new RangeError("encodeConversation: messages is empty; a conversation needs at least one message");
  }
  return encodeMessages(messages, options).document();
}

/**
 * A conversation to be answered: ends with `<assistant>`, without losses. Its twin for guidance is the same with
 * `dropUser`.
 * @throws {RangeError} when the last message is not the user's, or the tokenizer lacks the frame
 */
export function encodePrompt<Image>(
  messages: readonly Message<Image>[],
  options: ConversationOptions<Image>,
): Document {
  if (messages.at(-1)?.role !== "user") {
    throw new RangeError("encodePrompt: the last message must be the user's; there is nothing to answer otherwise");
  }
  const builder = encodeMessages(messages, options);
  builder.tokens([chatFrame(options.textTokenizer).assistant], false);
  const { parts } = builder.document();
  return {
    parts: parts.map((part) =>
      part.kind === "text" ? { kind: "text", tokenIds: part.tokenIds } : { ...part, hasLoss: false },
    ),
  };
}

function encodeMessages<Image>(
  messages: readonly Message<Image>[],
  options: ConversationOptions<Image>,
): DocumentBuilder {
  const { textTokenizer, latentsOf, dropUser = false, id } = options;
  const frame = chatFrame(textTokenizer);
  const builder = new DocumentBuilder(id);
  builder.tokens([frame.bos], false);
  for (const { role, content } of messages) {
    const isAssistant = role === "assistant";
    builder.tokens([isAssistant ? frame.assistant : frame.user], false);
    const parts: readonly ContentPart<Image>[] = dropUser && !isAssistant ? [] : content;
    for (const part of parts) {
      if (part.type === "text") builder.tokens(textTokenizer.encode(part.text), isAssistant);
      else builder.image(latentsOf(part.image), isAssistant);
    }
    if (isAssistant) builder.tokens([frame.eos], true);
  }
  return builder;
}

/** Collects parts, joining text that stands side by side. */
class DocumentBuilder {
  readonly #parts: Part[] = [];
  readonly #id: string | number | undefined;
  #tokenIds: number[] = [];
  #lossMask: boolean[] = [];

  constructor(id: string | number | undefined) {
    this.#id = id;
  }

  tokens(tokenIds: readonly number[], isTarget: boolean): void {
    for (const tokenId of tokenIds) {
      this.#tokenIds.push(tokenId);
      this.#lossMask.push(isTarget);
    }
  }

  image({ latents, height, width }: LatentImage, hasLoss: boolean): void {
    this.#endText();
    this.#parts.push({ kind: "image", latents, height, width, hasLoss });
  }

  document(): Document {
    this.#endText();
    return this.#id === undefined ? { parts: this.#parts } : { parts: this.#parts, id: this.#id };
  }

  #endText(): void {
    if (this.#tokenIds.length > 0) {
      this.#parts.push({ kind: "text", tokenIds: this.#tokenIds, lossMask: this.#lossMask });
    }
    this.#tokenIds = [];
    this.#lossMask = [];
  }
}
