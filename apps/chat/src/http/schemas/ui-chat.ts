/** `POST /api/chat`, as the AI SDK's default transport sends it, with our settings beside it. */
import { z } from "zod";
import type { Limits } from "../../server/options.ts";
import { imageFields, textFields } from "./sampling.ts";

const part = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("file"), mediaType: z.string(), url: z.string() }),
  // Steps, previews and whatever later versions add are not for the model.
  z.object({ type: z.string().refine((type) => type !== "text" && type !== "file") }),
]);

const message = z.object({
  role: z.enum(["system", "user", "assistant"]),
  parts: z.array(part).max(1024),
});

/** A UI message of the request. */
export type UiMessage = z.output<typeof message>;

export function uiChatSchema(limits: Limits) {
  return z.object({
    id: z.string().max(256).nullish(),
    messages: z.array(message).min(1).max(limits.maxMessages),
    trigger: z.string().max(64).nullish(),
    messageId: z.string().max(256).nullish(),
    model: z.string().max(256).nullish().describe("The default model unless given"),
    modalities: z
      .array(z.enum(["text", "image"]))
      .min(1)
      .max(2)
      .nullish(),
    max_images: z.int().min(1).max(8).nullish(),
    previews: z.int().min(0).max(50).nullish().describe("Previews of each image, default 4"),
    ...textFields,
    ...imageFields(limits),
  });
}
