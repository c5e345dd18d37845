/** `POST /v1/images/generations` and `POST /v1/images/edits`. */
import type { ContentPart, Message, Picture } from "@interfuse/data";
import { applyMask } from "../../images/mask.ts";
import { PictureReader } from "../../images/picture-reader.ts";
import { ApiError } from "../api-error.ts";
import { isContentType, type ParsedBody, readForm, readJson } from "../body.ts";
import type { RequestContext, ServerContext } from "../context.ts";
import { type EditInput, editOfForm, editOfJson } from "../edit-input.ts";
import { findModel } from "../find-model.ts";
import { ImageOutput } from "../image-output.ts";
import { imageRecord, imageSettings } from "../image-settings.ts";
import { baseUrlOf } from "../image-url.ts";
import { openAnswer } from "../open-answer.ts";
import { parse } from "../parse.ts";
import { generationSchema, type ImageRequest } from "../schemas/images.ts";
import { slowJson } from "../slow-json.ts";
import { streamFrames } from "../sse.ts";

/** What is to be drawn, once it is known what is asked. */
type Drawing = {
  readonly eventName: "image_generation" | "image_edit";
  readonly digest: string;
  readonly content: readonly ContentPart<Picture>[];
  readonly finish?: (picture: Picture) => Picture;
};

export function imageGenerations(context: ServerContext) {
  const schema = generationSchema(context.options.limits);
  return async (c: RequestContext): Promise<Response> => {
    const { value, digest } = await readJson(c, context.options.limits);
    const request = parse(schema, value);
    return draw(c, context, request, {
      eventName: "image_generation",
      digest,
      content: [{ type: "text", text: request.prompt }],
    });
  };
}

export function imageEdits(context: ServerContext) {
  const { engine, images, options } = context;
  const { limits, imageHosts, mapUnknownImageModels: mapUnknown } = options;
  return async (c: RequestContext): Promise<Response> => {
    const { value, digest } = await readEdit(c, context);
    const { request, pictures, mask: maskReference } = value;
    const size = findModel(engine, request.model, { mapUnknown }).generation.imageSize;
    const reader = new PictureReader({ size, limits, images, imageHosts });
    const originals: Picture[] = [];
    for (const picture of pictures) originals.push(await reader.read(picture, "image"));
    const mask = maskReference === undefined ? undefined : await reader.readMask(maskReference, "mask");
    if (mask !== undefined && (request.size ?? "auto") !== "auto") {
      throw new ApiError(400, "invalid_value", 'size: must be "auto" beside a mask', { param: "size" });
    }
    return draw(c, context, request, {
      eventName: "image_edit",
      digest,
      content: [
        ...originals.map((image) => ({ type: "image" as const, image })),
        { type: "text" as const, text: request.prompt },
      ],
      finish: mask && ((picture) => applyMask(picture, originals[0] as Picture, mask)),
    });
  };
}

async function readEdit(c: RequestContext, { options: { limits } }: ServerContext): Promise<ParsedBody<EditInput>> {
  if (isContentType(c.req.raw, "multipart/form-data")) {
    const { value, digest } = await readForm(c, limits);
    return { value: editOfForm(value, limits), digest };
  }
  const { value, digest } = await readJson(c, limits);
  return { value: editOfJson(value, limits), digest };
}

function draw(c: RequestContext, context: ServerContext, request: ImageRequest, drawing: Drawing): Promise<Response> {
  const { engine, options } = context;
  const { eventName, digest, content, finish } = drawing;
  if (request.response_format === "url" && (request.output_format ?? "png") !== "png") {
    const rule = 'output_format: must be "png" with the response_format "url"; what has an address is a PNG';
    throw new ApiError(400, "invalid_value", rule, { param: "output_format" });
  }
  const model = findModel(engine, request.model, { mapUnknown: options.mapUnknownImageModels });
  const settings = imageSettings(request, model);
  const messages: Message<Picture>[] = [{ role: "user", content }];
  const numPreviews = request.stream === true ? (request.partial_images ?? 0) : 0;
  const indices = Array.from({ length: request.n ?? 1 }, (_, index) => index);
  const { answer, leave } = openAnswer(c, context, {
    modelId: model.id,
    digest,
    isStream: request.stream === true,
    requests: indices.map((index) => ({
      messages,
      answer: "image",
      options: { ...settings, seed: settings.seed + index, numPreviews },
    })),
    records: indices.map((index) => imageRecord(request.prompt, { settings, model, index })),
    keepsImages: request.response_format === "url",
    finish,
  });
  const output = new ImageOutput(answer, {
    modelId: model.id,
    eventName,
    responseFormat: request.response_format ?? "b64_json",
    outputFormat: request.output_format ?? "png",
    compression: request.output_compression ?? 90,
    size: `${settings.width}x${settings.height}`,
    quality: request.quality ?? "auto",
    baseUrl: baseUrlOf(c, options.publicUrl),
  });
  return request.stream === true
    ? Promise.resolve(streamFrames(output.frames(), { onClose: leave }))
    : slowJson(output.whole(), { onClose: leave, signal: c.req.raw.signal });
}
