/** Chunks of a chat completion as the AI SDK's stream parts: texts and images in the order in which they come. */
import type { APICallError, LanguageModelV3StreamPart, LanguageModelV3Usage, SharedV3Warning } from "@ai-sdk/provider";
import type { ParseResult } from "@ai-sdk/provider-utils";
import type { ChatUsage, Chunk, ChunkImage } from "./chunks.ts";
import { PROVIDER } from "./server.ts";

export type StreamPartsOptions = {
  readonly warnings: readonly SharedV3Warning[];
  readonly includeRawChunks: boolean;
  /** Makes an error that came in a frame one of the AI SDK. */
  readonly toError: (body: Extract<Chunk, { error: unknown }>) => APICallError;
};

const FINISH_REASONS: Readonly<Record<string, "stop" | "length">> = { stop: "stop", length: "length" };

/** Turns chunks into parts. After an error nothing follows but the finish. */
export function streamParts({
  warnings,
  includeRawChunks,
  toError,
}: StreamPartsOptions): TransformStream<ParseResult<Chunk>, LanguageModelV3StreamPart> {
  let isStarted = false;
  let numTexts = 0;
  let isTextOpen = false;
  let hasFailed = false;
  let finishReason: string | undefined;
  let usage: ChatUsage | undefined;
  let seed: number | undefined;

  function* endText(): Generator<LanguageModelV3StreamPart> {
    if (isTextOpen) yield { type: "text-end", id: String(numTexts++) };
    isTextOpen = false;
  }

  function* addText(delta: string): Generator<LanguageModelV3StreamPart> {
    if (!isTextOpen) yield { type: "text-start", id: String(numTexts) };
    isTextOpen = true;
    yield { type: "text-delta", id: String(numTexts), delta };
  }

  function* read(result: ParseResult<Chunk>): Generator<LanguageModelV3StreamPart> {
    if (includeRawChunks) yield { type: "raw", rawValue: result.rawValue };
    if (!result.success || "error" in result.value) {
      hasFailed = true;
      yield { type: "error", error: result.success ? toError(result.value as never) : result.error };
      return;
    }
    const chunk = result.value;
    if (!isStarted) {
      isStarted = true;
      seed = chunk.seed;
      yield {
        type: "response-metadata",
        id: chunk.id,
        timestamp: new Date(chunk.created * 1000),
        modelId: chunk.model,
      };
    }
    usage = chunk.usage ?? usage;
    const [choice] = chunk.choices;
    if (choice === undefined) return;
    const { content, images } = choice.delta;
    if (typeof content === "string" && content !== "") yield* addText(content);
    for (const image of images ?? []) {
      yield* endText();
      yield filePart(image);
    }
    finishReason = choice.finish_reason ?? finishReason;
  }

  return new TransformStream({
    start(controller) {
      controller.enqueue({ type: "stream-start", warnings: [...warnings] });
    },
    transform(result, controller) {
      if (hasFailed) return;
      for (const part of read(result)) controller.enqueue(part);
    },
    flush(controller) {
      for (const part of endText()) controller.enqueue(part);
      const unified = hasFailed ? "error" : (FINISH_REASONS[finishReason ?? ""] ?? "other");
      controller.enqueue({
        type: "finish",
        finishReason: { unified, raw: finishReason },
        usage: usageOf(usage),
        providerMetadata: { [PROVIDER]: { ...(seed !== undefined && { seed }) } },
      });
    },
  });
}

/** An image of the answer; its seed, and the id under which the server keeps it, stand in the metadata. */
function filePart({ image_url, id, seed }: ChunkImage): LanguageModelV3StreamPart {
  const [, mediaType = "image/png", data = ""] = /^data:([^;,]+);base64,(.*)$/s.exec(image_url.url) ?? [];
  const providerMetadata = { [PROVIDER]: { ...(id !== undefined && { id }), ...(seed !== undefined && { seed }) } };
  return { type: "file", mediaType, data, providerMetadata };
}

function usageOf(usage: ChatUsage | undefined): LanguageModelV3Usage {
  const { prompt_tokens: input, completion_tokens: output } = usage ?? {};
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: usage?.completion_tokens_details?.text_tokens, reasoning: undefined },
  };
}
