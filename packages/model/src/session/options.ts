import type { SolverName } from "@interfuse/diffusion";
import type { Generator } from "@interfuse/tensor";
import { z } from "zod";
import type { Document } from "../document.ts";

/** How images of an answer are drawn. */
export interface ImageOptions {
  /** Latent grid. */
  readonly height: number;
  readonly width: number;
  /** Images an answer may hold. */
  readonly maxCount?: number;
  /** Solver steps. */
  readonly numSteps?: number;
  readonly solver?: SolverName;
  /** Classifier-free guidance: `scale` 1 is off; `document` is the prompt with its user parts emptied, the frame kept. */
  readonly guidance?: { readonly scale: number; readonly document: Document };
}

/** How an answer is generated. */
export interface GenerationOptions {
  /** The only source of randomness; what a request draws does not depend on others beside it. */
  readonly generator: Generator;
  /** 0 is greedy. */
  readonly temperature?: number;
  /** Nucleus sampling; 1 is off. */
  readonly topP?: number;
  /** Text tokens an answer may have. */
  readonly maxTokens?: number;
  /** The answer's first token, instead of a sampled one; BOI draws at once. */
  readonly firstTokenId?: number;
  /** Token ids that are never sampled. EOI never is. */
  readonly forbiddenTokenIds?: readonly number[];
  /** Left out, the answer is text only: BOI is never sampled. */
  readonly image?: ImageOptions;
}

/** `GenerationOptions` with defaults filled in. */
export type ResolvedGenerationOptions = Required<
  Pick<GenerationOptions, "generator" | "temperature" | "topP" | "maxTokens">
> &
  Pick<GenerationOptions, "firstTokenId" | "forbiddenTokenIds"> & {
    readonly image?: Required<Omit<ImageOptions, "guidance">> & Pick<ImageOptions, "guidance">;
  };

const whole = (least: number) => z.int().min(least);

const optionsSchema = z.strictObject({
  generator: z.custom<Generator>((value) => value !== undefined, "must be given"),
  temperature: z.number().min(0).default(1),
  topP: z.number().gt(0).max(1).default(1),
  maxTokens: whole(0).default(256),
  firstTokenId: whole(0).optional(),
  forbiddenTokenIds: z.array(whole(0)).readonly().optional(),
  image: z
    .strictObject({
      height: whole(1),
      width: whole(1),
      maxCount: whole(1).default(1),
      numSteps: whole(1).default(25),
      solver: z.enum(["euler", "heun", "ddim", "ddpm"]).default("euler"),
      guidance: z.strictObject({ scale: z.number().min(0), document: z.custom<Document>() }).optional(),
    })
    .optional(),
});

/**
 * Fills in defaults: temperature 1, top-p 1, 256 text tokens; for images one, 25 Euler steps, no guidance.
 * @throws RangeError naming each option that is wrong.
 */
export function resolveGenerationOptions(options: GenerationOptions): ResolvedGenerationOptions {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new RangeError(`generate: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  }
  return parsed.data;
}
