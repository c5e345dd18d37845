/** What `providerOptions.interfuse` may hold. */
import { z } from "zod";

const drawingOptions = {
  /** Denoising steps. */
  steps: z.number().int().min(1).optional(),
  /** Classifier-free guidance weight; 1 is off. */
  guidanceScale: z.number().min(0).optional(),
  /** What guidance leads away from. */
  negativePrompt: z.string().optional(),
};

export const languageOptionsSchema = z.strictObject({
  ...drawingOptions,
  /** Size of images, as "64x64"; the model's own unless given. */
  size: z.string().optional(),
  /** Most images of an answer, default 1; 0 answers in text only. */
  maxImages: z.number().int().min(0).optional(),
  /** Draws one image at once, without asking the model whether to. */
  imageOnly: z.boolean().optional(),
  /** Previews of each image, for `streamText` with `includeRawChunks`; see `imagePreview`. */
  previews: z.number().int().min(0).optional(),
});

/** Options of `generateText` and `streamText`. */
export type InterfuseLanguageOptions = z.input<typeof languageOptionsSchema>;

export const imageOptionsSchema = z.strictObject({
  ...drawingOptions,
  /** low halves the model's steps, high doubles them. */
  quality: z.enum(["low", "medium", "high"]).optional(),
  outputFormat: z.enum(["png", "jpeg", "webp"]).optional(),
});

/** Options of `generateImage`. */
export type InterfuseImageOptions = z.input<typeof imageOptionsSchema>;

/** The options that both have, as fields of a request. */
export function drawingFields({
  steps,
  guidanceScale,
  negativePrompt,
}: Pick<InterfuseImageOptions, "steps" | "guidanceScale" | "negativePrompt">) {
  return { steps, guidance_scale: guidanceScale, negative_prompt: negativePrompt };
}
