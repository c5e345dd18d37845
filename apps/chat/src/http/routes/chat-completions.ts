/** `POST /v1/chat/completions`: text and images in, text and images out. */
import { PictureReader } from "../../images/picture-reader.ts";
import { readJson } from "../body.ts";
import { ChatOutput } from "../chat-output.ts";
import { chatRequest, maxImagesOf } from "../chat-request.ts";
import type { RequestContext, ServerContext } from "../context.ts";
import { type PromptMessage, promptOf, readConversation } from "../conversation.ts";
import { findModel } from "../find-model.ts";
import { imageRecord, imageSettings } from "../image-settings.ts";
import { baseUrlOf } from "../image-url.ts";
import { openAnswer } from "../open-answer.ts";
import { parse } from "../parse.ts";
import { type ChatMessage, chatSchema } from "../schemas/chat.ts";
import { slowJson } from "../slow-json.ts";
import { streamFrames } from "../sse.ts";

export function chatCompletions(context: ServerContext) {
  const { engine, images, options } = context;
  const { limits, imageHosts, publicUrl } = options;
  const schema = chatSchema(limits);
  return async (c: RequestContext): Promise<Response> => {
    const { value, digest } = await readJson(c, limits);
    const request = parse(schema, value);
    const model = findModel(engine, request.model);
    const settings = imageSettings(request, model);
    const reader = new PictureReader({ size: model.generation.imageSize, limits, images, imageHosts });
    const conversation = await readConversation(request.messages.map(promptMessage), { reader, ...limits });
    const prompt = promptOf(conversation);
    const numPreviews = request.stream === true && request.image_mode === "parts" ? (request.previews ?? 0) : 0;
    const choices = Array.from({ length: request.n ?? 1 }, (_, index) => index);
    const { answer, leave } = openAnswer(c, context, {
      modelId: model.id,
      digest,
      isStream: request.stream === true,
      requests: choices.map((index) =>
        chatRequest(conversation, request, {
          settings: { ...settings, seed: settings.seed + index },
          model,
          numPreviews,
        }),
      ),
      records: choices.map((index) => imageRecord(prompt, { settings, model, index })),
      keepsImages: true,
    });
    const output = new ChatOutput(answer, {
      modelId: model.id,
      mode: request.image_mode ?? "images",
      baseUrl: baseUrlOf(c, publicUrl),
      maxImages: maxImagesOf(request),
      isImageOnly: request.modalities?.every((kind) => kind === "image") ?? false,
      includeUsage: request.stream_options?.include_usage ?? false,
    });
    return request.stream === true
      ? streamFrames(output.frames(), { onClose: leave })
      : slowJson(output.whole(), { onClose: leave, signal: c.req.raw.signal });
  };
}

function promptMessage({ role, content, images }: ChatMessage, index: number): PromptMessage {
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : (content ?? []);
  const kind = role === "system" || role === "developer" || role === "tool" ? "instruction" : role;
  return {
    role: kind,
    param: `messages.${index}`,
    parts: [...parts, ...(images ?? [])].map((part) => {
      if (part.type === "text") return { text: part.text };
      return { picture: typeof part.image_url === "string" ? part.image_url : part.image_url.url };
    }),
  };
}
