/** What chat endpoints ask of a model, from the fields of their requests. */
import type { Message, Picture } from "@interfuse/data";
import type { PipelineSessionRequest } from "@interfuse/pipeline";
import type { ServedModel } from "../engine/engine.ts";
import type { ImageSettings } from "./image-settings.ts";

/** Fields that say how a chat is answered. */
export type ChatFields = {
  readonly modalities?: readonly ("text" | "image")[] | null | undefined;
  readonly max_images?: number | null | undefined;
  readonly temperature?: number | null | undefined;
  readonly top_p?: number | null | undefined;
  readonly max_tokens?: number | null | undefined;
  readonly max_completion_tokens?: number | null | undefined;
  readonly stop?: string | readonly string[] | null | undefined;
};

/** Text tokens of an answer unless the request says otherwise. */
const DEFAULT_MAX_TOKENS = 256;

/** Images that an answer may have. */
export function maxImagesOf({ modalities, max_images: maxImages }: ChatFields): number {
  const kinds = modalities ?? ["text", "image"];
  if (!kinds.includes("image")) return 0;
  return kinds.includes("text") ? (maxImages ?? 1) : 1;
}

/** The job for one choice; with images alone it draws at once. */
export function chatRequest(
  messages: readonly Message<Picture>[],
  fields: ChatFields,
  { settings, model, numPreviews }: { settings: ImageSettings; model: ServedModel; numPreviews: number },
): PipelineSessionRequest {
  const isImageOnly = fields.modalities?.every((kind) => kind === "image") ?? false;
  if (isImageOnly) return { messages, answer: "image", options: { ...settings, numPreviews } };
  const maxTokens = fields.max_completion_tokens ?? fields.max_tokens ?? DEFAULT_MAX_TOKENS;
  return {
    messages,
    answer: "chat",
    options: {
      ...settings,
      numPreviews,
      maxImages: maxImagesOf(fields),
      maxTokens: Math.min(maxTokens, model.contextLength),
      temperature: fields.temperature ?? 0,
      topP: fields.top_p ?? 1,
      stop: typeof fields.stop === "string" ? [fields.stop] : (fields.stop ?? []),
    },
  };
}
