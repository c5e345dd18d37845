/** A served model as the AI SDK's image model: it draws, or edits the images it is given. */
import type { ImageModelV3, ImageModelV3CallOptions, SharedV3Warning } from "@ai-sdk/provider";
import {
  convertImageModelFileToDataUri,
  createJsonResponseHandler,
  parseProviderOptions,
} from "@ai-sdk/provider-utils";
import { z } from "zod";
import { drawingFields, imageOptionsSchema } from "./options.ts";
import { PROVIDER, post, type Server } from "./server.ts";

const responseSchema = z.object({
  created: z.number(),
  data: z.array(z.object({ b64_json: z.string(), seed: z.number() })),
  usage: z.object({ input_tokens: z.number(), output_tokens: z.number(), total_tokens: z.number() }),
});

type Result = Awaited<ReturnType<ImageModelV3["doGenerate"]>>;

export class InterfuseImageModel implements ImageModelV3 {
  readonly specificationVersion = "v3";
  readonly provider = `${PROVIDER}.image`;
  readonly modelId: string;
  readonly maxImagesPerCall = 10;
  readonly #server: Server;

  constructor(modelId: string, server: Server) {
    this.modelId = modelId;
    this.#server = server;
  }

  async doGenerate(options: ImageModelV3CallOptions): Promise<Result> {
    const { prompt = "", n, size, seed, files, mask, providerOptions, headers, abortSignal } = options;
    const settings = await parseProviderOptions({ provider: PROVIDER, providerOptions, schema: imageOptionsSchema });
    const { quality, outputFormat } = settings ?? {};
    const isEdit = files !== undefined && files.length > 0;
    const { value, responseHeaders } = await post(this.#server, {
      path: isEdit ? "/images/edits" : "/images/generations",
      body: {
        model: this.modelId,
        prompt,
        n,
        size,
        seed,
        quality,
        output_format: outputFormat,
        ...drawingFields(settings ?? {}),
        ...(isEdit && { image: files.map(convertImageModelFileToDataUri) }),
        ...(isEdit && mask !== undefined && { mask: convertImageModelFileToDataUri(mask) }),
      },
      successfulResponseHandler: createJsonResponseHandler(responseSchema),
      headers,
      abortSignal,
    });
    const { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens } = value.usage;
    return {
      images: value.data.map(({ b64_json }) => b64_json),
      warnings: warningsOf(options),
      providerMetadata: { [PROVIDER]: { images: value.data.map((image) => ({ seed: image.seed })) } },
      response: { timestamp: new Date(value.created * 1000), modelId: this.modelId, headers: responseHeaders },
      usage: { inputTokens, outputTokens, totalTokens },
    };
  }
}

function warningsOf({ aspectRatio }: ImageModelV3CallOptions): SharedV3Warning[] {
  if (aspectRatio === undefined) return [];
  return [{ type: "unsupported", feature: "aspectRatio", details: "give `size` instead" }];
}
