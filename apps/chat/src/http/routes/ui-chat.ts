/** `POST /api/chat`: what the page and every `useChat` of the AI SDK speak. */
import { PictureReader } from "../../images/picture-reader.ts";
import { readJson } from "../body.ts";
import { chatRequest } from "../chat-request.ts";
import type { RequestContext, ServerContext } from "../context.ts";
import { type PromptMessage, type PromptPart, promptOf, readConversation } from "../conversation.ts";
import { findModel } from "../find-model.ts";
import { imageRecord, imageSettings } from "../image-settings.ts";
import { openAnswer } from "../open-answer.ts";
import { parse } from "../parse.ts";
import { type UiMessage, uiChatSchema } from "../schemas/ui-chat.ts";
import { streamFrames } from "../sse.ts";
import { UI_STREAM_HEADERS, uiFrames } from "../ui-output.ts";

/** Previews of an image unless the request says otherwise. */
const DEFAULT_PREVIEWS = 4;

export function uiChat(context: ServerContext) {
  const { engine, images, options } = context;
  const { limits, imageHosts } = options;
  const schema = uiChatSchema(limits);
  return async (c: RequestContext): Promise<Response> => {
    const { value, digest } = await readJson(c, limits);
    const request = parse(schema, value);
    const model = findModel(engine, request.model);
    const settings = imageSettings(request, model);
    const reader = new PictureReader({ size: model.generation.imageSize, limits, images, imageHosts });
    const conversation = await readConversation(request.messages.map(promptMessage), { reader, ...limits });
    const { answer, leave } = openAnswer(c, context, {
      modelId: model.id,
      digest,
      isStream: true,
      requests: [
        chatRequest(conversation, request, { settings, model, numPreviews: request.previews ?? DEFAULT_PREVIEWS }),
      ],
      records: [imageRecord(promptOf(conversation), { settings, model, index: 0 })],
      keepsImages: true,
    });
    return streamFrames(uiFrames(answer), { onClose: leave, headers: UI_STREAM_HEADERS });
  };
}

function promptMessage({ role, parts }: UiMessage, index: number): PromptMessage {
  return {
    role: role === "system" ? "instruction" : role,
    param: `messages.${index}`,
    parts: parts.flatMap((part): PromptPart[] => {
      if ("text" in part) return [{ text: part.text }];
      return "url" in part && part.mediaType.startsWith("image/") ? [{ picture: part.url }] : [];
    }),
  };
}
