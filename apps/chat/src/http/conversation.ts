/**
 * Messages of a request as the conversation of a model that knows users and assistants: what systems, developers and tools say
 * goes to the front of the user's next message.
 */
import type { ContentPart, Message, Picture } from "@interfuse/data";
import type { PictureReader } from "../images/picture-reader.ts";
import { ApiError } from "./api-error.ts";

/** A piece of a message; a picture by its name. */
export type PromptPart = { readonly text: string } | { readonly picture: string };

export type PromptMessage = {
  readonly role: "instruction" | "user" | "assistant";
  readonly parts: readonly PromptPart[];
  /** The field it came in, for errors. */
  readonly param: string;
};

/** A link to an image made here, in the text of an answer: `![...](.../v1/files/ID/content)`. */
const LINK = /!\[[^\]\n]{0,200}\]\(([^)\s]{0,300}v1\/files\/img_[A-Za-z0-9_-]{22}\/content)\)/g;

/**
 * Reads all pictures and sorts the messages.
 * @throws {ApiError} 400 when the last message is not the user's, texts are too long, or a picture cannot be read
 */
export async function readConversation(
  messages: readonly PromptMessage[],
  { reader, maxCharacters }: { reader: PictureReader; maxCharacters: number },
): Promise<Message<Picture>[]> {
  checkLength(messages, maxCharacters);
  if (messages.at(-1)?.role !== "user") {
    throw new ApiError(400, "invalid_value", "messages: the last message must be the user's", { param: "messages" });
  }
  const conversation: Message<Picture>[] = [];
  let instructions: ContentPart<Picture>[] = [];
  for (const { role, parts, param } of messages) {
    const content = await readParts(role === "assistant" ? parts.flatMap(splitLinks) : parts, { reader, param });
    if (role === "instruction") instructions.push(...content, { type: "text", text: "\n" });
    else if (role === "assistant") conversation.push({ role, content });
    else {
      conversation.push({ role, content: [...instructions, ...picturesFirst(content)] });
      instructions = [];
    }
  }
  return conversation;
}

/** What the user asked last, in words. */
export function promptOf(conversation: readonly Message<Picture>[]): string {
  const { content = [] } = conversation.at(-1) ?? {};
  return content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

async function readParts(
  parts: readonly PromptPart[],
  { reader, param }: { reader: PictureReader; param: string },
): Promise<ContentPart<Picture>[]> {
  const content: ContentPart<Picture>[] = [];
  for (const part of parts) {
    if ("picture" in part) content.push({ type: "image", image: await reader.read(part.picture, param) });
    else if (part.text !== "") content.push({ type: "text", text: part.text });
  }
  return content;
}

/** Clients send text before pictures; models here are trained on pictures before text. A mixed order is kept. */
function picturesFirst(content: readonly ContentPart<Picture>[]): readonly ContentPart<Picture>[] {
  const firstPicture = content.findIndex(({ type }) => type === "image");
  const isTextFirst = firstPicture > 0 && content.slice(firstPicture).every(({ type }) => type === "image");
  return isTextFirst ? [...content.slice(firstPicture), ...content.slice(0, firstPicture)] : content;
}

/** The text of an answer, with the images that it links to in their places. */
function splitLinks(part: PromptPart): PromptPart[] {
  if ("picture" in part) return [part];
  const parts: PromptPart[] = [];
  let start = 0;
  for (const match of part.text.matchAll(LINK)) {
    parts.push({ text: part.text.slice(start, match.index) }, { picture: match[1] as string });
    start = match.index + match[0].length;
  }
  return [...parts, { text: part.text.slice(start) }];
}

function checkLength(messages: readonly PromptMessage[], maxCharacters: number): void {
  const texts = messages.flatMap(({ parts }) => parts.map((part) => ("text" in part ? part.text.length : 0)));
  const length = texts.reduce((sum, each) => sum + each, 0);
  if (length > maxCharacters) {
    throw new ApiError(
      400,
      "context_length_exceeded",
      `messages: ${length} characters of text; at most ${maxCharacters} are read`,
      { param: "messages" },
    );
  }
}
