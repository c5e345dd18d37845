/** The AI SDK's prompt as messages of a chat completion; images of earlier answers stay where they were among the text. */
import {
  type LanguageModelV3FilePart,
  type LanguageModelV3Prompt,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { convertToBase64 } from "@ai-sdk/provider-utils";

type MessagePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** A message of the request. */
export type RequestMessage = {
  readonly role: "system" | "user" | "assistant";
  readonly content: string | readonly MessagePart[];
};

/** @throws {UnsupportedFunctionalityError} for files that are no images, and for tools */
export function requestMessages(prompt: LanguageModelV3Prompt): RequestMessage[] {
  return prompt.map(({ role, content }): RequestMessage => {
    if (role === "system") return { role, content };
    if (role === "tool") throw new UnsupportedFunctionalityError({ functionality: "tool messages" });
    return { role, content: content.flatMap(messagePart) };
  });
}

function messagePart(part: { type: string; text?: string } | LanguageModelV3FilePart): MessagePart[] {
  if (part.type === "text") return [{ type: "text", text: (part as { text: string }).text }];
  if (part.type === "file") return [imagePart(part as LanguageModelV3FilePart)];
  if (part.type === "reasoning") return [];
  throw new UnsupportedFunctionalityError({ functionality: `${part.type} parts` });
}

function imagePart({ mediaType, data }: LanguageModelV3FilePart): MessagePart {
  if (!mediaType.startsWith("image/")) {
    throw new UnsupportedFunctionalityError({
      functionality: `files of type ${mediaType}`,
      message: `files of type ${mediaType} cannot be read; only images can`,
    });
  }
  const type = mediaType === "image/*" ? "image/png" : mediaType;
  const url = data instanceof URL ? data.href : `data:${type};base64,${convertToBase64(data)}`;
  return { type: "image_url", image_url: { url } };
}
