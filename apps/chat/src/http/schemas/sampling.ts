/** Fields that several requests share: how images and text are sampled. Ours beside OpenAI's: `steps`, `guidance_scale`, ... */
import { z } from "zod";
import type { Limits } from "../../server/options.ts";

/** Sides of an image, or the model's own. */
const sizeField = z
  .string()
  .regex(/^(auto|[1-9]\d{0,4}x[1-9]\d{0,4})$/, 'must be "auto" or WIDTHxHEIGHT in pixels')
  .describe('"auto" (the model\'s own size) or WIDTHxHEIGHT in pixels');

/** How images are sampled. */
export function imageFields({ maxSteps, maxCharacters }: Limits) {
  return {
    seed: z.int().min(0).nullish().describe("The only source of randomness; drawn by the server when left out"),
    steps: z.int().min(1).max(maxSteps).nullish().describe("Denoising steps"),
    guidance_scale: z.number().min(0).max(100).nullish().describe("Classifier-free guidance weight; 1 is off"),
    negative_prompt: z.string().max(maxCharacters).nullish().describe("What guidance leads away from"),
    size: sizeField.nullish(),
  };
}

/** How text is sampled. */
export const textFields = {
  temperature: z.number().min(0).max(2).nullish().describe("0, the default, takes the likeliest token"),
  top_p: z.number().gt(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stop: z
    .union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(4)])
    .nullish()
    .describe("Texts that end the answer"),
};

/** A picture in a message: a data: URL, the URL of an image this server made, or an https URL where the server allows it. */
export const pictureReference = z.union([z.string(), z.object({ url: z.string() })]);
