/** `POST /v1/images/generations` and `/v1/images/edits`. */
import { z } from "zod";
import type { Limits } from "../../server/options.ts";
import { imageFields } from "./sampling.ts";

/** What both take. */
function imageRequestFields(limits: Limits) {
  return {
    model: z.string().max(256).nullish(),
    prompt: z.string().min(1).max(limits.maxCharacters),
    n: z.int().min(1).max(limits.maxCount).nullish(),
    response_format: z.enum(["b64_json", "url"]).nullish().describe("b64_json unless given"),
    output_format: z.enum(["png", "jpeg", "webp"]).nullish(),
    output_compression: z.int().min(0).max(100).nullish().describe("Quality of jpeg and webp"),
    quality: z
      .enum(["auto", "low", "medium", "high", "standard", "hd"])
      .nullish()
      .describe("low halves the model's denoising steps, high and hd double them"),
    background: z.enum(["auto", "opaque"]).nullish(),
    stream: z.boolean().nullish(),
    partial_images: z.int().min(0).max(3).nullish().describe("Previews of each image; with `stream` only"),
    user: z.string().max(512).nullish(),
    ...imageFields(limits),
  };
}

/** A drawing, and an edit that came as a form, its files left out. */
export function generationSchema(limits: Limits) {
  return z.object(imageRequestFields(limits));
}

const reference = z.union([z.string(), z.object({ image_url: z.union([z.string(), z.object({ url: z.string() })]) })]);

/** An edit as JSON. */
export function editSchema(limits: Limits) {
  const references = z.union([reference, z.array(reference).min(1).max(limits.maxPictures)]);
  return z.object({
    ...imageRequestFields(limits),
    image: references.nullish().describe("data: URL, or URL of an image this server made; a list takes several"),
    images: references.nullish().describe("The same as `image`"),
    mask: reference.nullish().describe("PNG; its transparent area may change, the rest of the first image stays"),
  });
}

export type ImageRequest = z.output<ReturnType<typeof generationSchema>>;
export type EditReference = z.output<typeof reference>;
