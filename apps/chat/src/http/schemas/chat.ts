/** `POST /v1/chat/completions`. */
import { z } from "zod";
import type { Limits } from "../../server/options.ts";
import { imageFields, pictureReference, textFields } from "./sampling.ts";

const imagePart = z.object({ type: z.literal("image_url"), image_url: pictureReference });
const part = z.discriminatedUnion("type", [z.object({ type: z.literal("text"), text: z.string() }), imagePart]);

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.union([z.string(), z.array(part).max(256)]).nullish(),
  images: z.array(imagePart).max(64).nullish().describe("Images that the assistant answered with before"),
});

/** A message of the request. */
export type ChatMessage = z.output<typeof message>;

const notSupported = (what: string) => `${what} is not supported by these models; leave it out`;

export function chatSchema(limits: Limits) {
  return z.object({
    model: z.string().min(1).max(256),
    messages: z.array(message).min(1).max(limits.maxMessages),
    stream: z.boolean().nullish(),
    stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
    modalities: z
      .array(z.enum(["text", "image"]))
      .min(1)
      .max(2)
      .nullish()
      .describe('Both by default; ["image"] draws at once'),
    n: z.int().min(1).max(limits.maxCount).nullish(),
    max_images: z.int().min(1).max(8).nullish().describe("Most images of an answer, default 1"),
    image_mode: z
      .enum(["images", "markdown", "both", "parts"])
      .nullish()
      .describe(
        "Where images of the answer go: the field `images`, links in the text, or both; `parts` streams each in a delta of its own, in its place",
      ),
    previews: z.int().min(0).max(50).nullish().describe("Previews of each image, in streamed `parts` only; default 0"),
    ...textFields,
    ...imageFields(limits),
    frequency_penalty: z.literal(0, notSupported("a penalty")).nullish(),
    presence_penalty: z.literal(0, notSupported("a penalty")).nullish(),
    logprobs: z.literal(false, notSupported("logprobs")).nullish(),
    response_format: z.object({ type: z.literal("text", notSupported("structured output")) }).nullish(),
    tools: z.array(z.unknown()).max(0, notSupported("a list of tools")).nullish(),
    functions: z.array(z.unknown()).max(0, notSupported("a list of functions")).nullish(),
    logit_bias: z.strictObject({}, notSupported("a bias")).nullish(),
  });
}
