/**
 * A served model as the AI SDK's language model: text and images in, text and images out. Whole answers are streamed, too, so
 * that no connection waits for its headers while an image is drawn.
 */
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamResult,
  SharedV3Warning,
} from "@ai-sdk/provider";
import { createEventSourceResponseHandler, parseProviderOptions } from "@ai-sdk/provider-utils";
import { chunkSchema } from "./chunks.ts";
import { drawingFields, languageOptionsSchema } from "./options.ts";
import { requestMessages } from "./prompt.ts";
import { PROVIDER, post, type Server, streamError } from "./server.ts";
import { streamParts } from "./stream-parts.ts";

const PATH = "/chat/completions";

export class InterfuseLanguageModel implements LanguageModelV3 {
  readonly specificationVersion = "v3";
  readonly provider = `${PROVIDER}.chat`;
  readonly modelId: string;
  /** Images that the server has made are named, not sent; the AI SDK fetches all others itself. */
  readonly supportedUrls = { "image/*": [/\/v1\/files\/img_[\w-]{22}\/content$/i] };
  readonly #server: Server;

  constructor(modelId: string, server: Server) {
    this.modelId = modelId;
    this.#server = server;
  }

  async doStream(options: LanguageModelV3CallOptions): Promise<LanguageModelV3StreamResult> {
    const body = await this.#body(options);
    const { value: chunks, responseHeaders } = await post(this.#server, {
      path: PATH,
      body,
      successfulResponseHandler: createEventSourceResponseHandler(chunkSchema),
      headers: options.headers,
      abortSignal: options.abortSignal,
    });
    const parts = streamParts({
      warnings: warningsOf(options),
      includeRawChunks: options.includeRawChunks ?? false,
      toError: (error) => streamError(error, this.#server.baseURL + PATH, body),
    });
    return { stream: chunks.pipeThrough(parts), request: { body }, response: { headers: responseHeaders } };
  }

  async doGenerate(options: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> {
    const { stream, request, response } = await this.doStream(options);
    const content: LanguageModelV3Content[] = [];
    const result = { content, warnings: warningsOf(options), request, response: { ...response } };
    let finish: Pick<LanguageModelV3GenerateResult, "finishReason" | "usage" | "providerMetadata"> | undefined;
    for (const part of await readAll(stream)) {
      if (part.type === "error") throw part.error;
      if (part.type === "file") content.push(part);
      else if (part.type === "text-delta") addText(content, part.delta);
      else if (part.type === "text-start") content.push({ type: "text", text: "" });
      else if (part.type === "finish") finish = part;
      else if (part.type === "response-metadata") {
        const { id, timestamp, modelId } = part;
        Object.assign(result.response, { id, timestamp, modelId });
      }
    }
    const { finishReason, usage, providerMetadata } = finish as NonNullable<typeof finish>;
    return { ...result, finishReason, usage, providerMetadata };
  }

  async #body(options: LanguageModelV3CallOptions) {
    const { prompt, maxOutputTokens, temperature, topP, stopSequences, seed, providerOptions } = options;
    const settings = await parseProviderOptions({ provider: PROVIDER, providerOptions, schema: languageOptionsSchema });
    const { maxImages, imageOnly = false, size, previews } = settings ?? {};
    return {
      model: this.modelId,
      messages: requestMessages(prompt),
      stream: true,
      stream_options: { include_usage: true },
      image_mode: "parts",
      modalities: imageOnly ? ["image"] : maxImages === 0 ? ["text"] : ["text", "image"],
      max_images: maxImages === 0 ? undefined : maxImages,
      previews,
      max_completion_tokens: maxOutputTokens,
      temperature,
      top_p: topP,
      stop: stopSequences?.length === 0 ? undefined : stopSequences,
      seed,
      size,
      ...drawingFields(settings ?? {}),
    };
  }
}

/** By a reader, since streams cannot be iterated in every browser. */
async function readAll<Part>(stream: ReadableStream<Part>): Promise<Part[]> {
  const reader = stream.getReader();
  const parts: Part[] = [];
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  return parts;
}

function addText(content: LanguageModelV3Content[], delta: string): void {
  const last = content.at(-1);
  if (last?.type === "text") last.text += delta;
}

/** What the caller asked for and the models cannot do. */
function warningsOf({
  tools,
  topK,
  presencePenalty,
  frequencyPenalty,
  responseFormat,
}: LanguageModelV3CallOptions): SharedV3Warning[] {
  const unsupported = {
    tools: (tools ?? []).length > 0,
    topK: topK !== undefined,
    presencePenalty: (presencePenalty ?? 0) !== 0,
    frequencyPenalty: (frequencyPenalty ?? 0) !== 0,
    responseFormat: responseFormat?.type === "json",
  };
  return Object.entries(unsupported).flatMap(([feature, isAsked]) =>
    isAsked ? [{ type: "unsupported", feature }] : [],
  );
}
