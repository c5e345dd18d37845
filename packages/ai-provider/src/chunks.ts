/** Chunks of a streamed chat completion. */
import { z } from "zod";
import { errorSchema } from "./server.ts";

const imageSchema = z.object({
  image_url: z.object({ url: z.string() }),
  id: z.string().optional(),
  seed: z.number().optional(),
});

const previewSchema = z.object({
  image_url: z.object({ url: z.string() }),
  step: z.number(),
  num_steps: z.number(),
});

const deltaSchema = z.object({
  content: z.string().nullish(),
  images: z.array(imageSchema).nullish(),
  image_preview: previewSchema.nullish(),
});

const tokenDetails = z.object({ text_tokens: z.number().optional(), image_tokens: z.number().optional() }).nullish();

const usageSchema = z.object({
  prompt_tokens: z.number(),
  completion_tokens: z.number(),
  total_tokens: z.number(),
  prompt_tokens_details: tokenDetails,
  completion_tokens_details: tokenDetails,
});

const completionChunkSchema = z.object({
  id: z.string(),
  created: z.number(),
  model: z.string(),
  seed: z.number().optional(),
  choices: z.array(z.object({ delta: deltaSchema, finish_reason: z.string().nullish() })),
  usage: usageSchema.nullish(),
});

/** A frame of the stream. */
export const chunkSchema = z.union([completionChunkSchema, errorSchema]);

export type Chunk = z.output<typeof chunkSchema>;
export type ChatUsage = z.output<typeof usageSchema>;
export type ChunkImage = z.output<typeof imageSchema>;

/** An image while it is painted. */
export type ImagePreview = {
  /** A data: URL. */
  readonly url: string;
  readonly step: number;
  readonly numSteps: number;
};

/**
 * The preview in a raw chunk of `streamText({ includeRawChunks: true })`, if it is one. Previews are asked for by the provider
 * option `previews`; they are no files of the answer.
 */
export function imagePreview(rawValue: unknown): ImagePreview | undefined {
  const { success, data } = completionChunkSchema.safeParse(rawValue);
  const preview = success ? data.choices[0]?.delta.image_preview : undefined;
  if (preview === undefined || preview === null) return undefined;
  return { url: preview.image_url.url, step: preview.step, numSteps: preview.num_steps };
}
