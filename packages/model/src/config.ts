/**
 * What a model is: sizes, framing tokens, how documents are laid out, how images are learnt. The one place that fills in
 * defaults and checks that the parts fit together.
 */
import { type BackboneConfig, type BackboneConfigInput, resolveBackboneConfig } from "@interfuse/backbone";
import { z } from "zod";
import type { ContextPolicy, FrameTokens, PositionKind } from "./layout/layout.ts";
import {
  type DiffusionConfig,
  type DiffusionConfigInput,
  diffusionConfigSchema,
} from "./objectives/diffusion-config.ts";

/** A resolved model config; plain JSON. */
export interface ModelConfig {
  /** Text vocabulary with all special tokens. */
  readonly vocabSize: number;
  /** Ids of the framing tokens and of the end of an answer. */
  readonly frame: Required<FrameTokens>;
  /** The most tokens a document may have when it is generated from; an image counts its patches and two. */
  readonly contextLength: number;
  readonly contextPolicy: ContextPolicy;
  readonly positionKind: PositionKind;
  /** Noised versions of each scored image in training. */
  readonly noisedCopies: number;
  /** The output head shares the embedding table. */
  readonly tieEmbeddings: boolean;
  /** `numExperts` 2 gives text and patches separate weights. */
  readonly backbone: BackboneConfig;
  readonly objective: DiffusionConfig;
}

/** What `resolveModelConfig` needs; the rest has defaults. */
export interface ModelConfigInput extends Partial<Omit<ModelConfig, "frame" | "backbone" | "objective">> {
  readonly vocabSize: number;
  readonly frame: Omit<FrameTokens, "fill" | "eos"> & { readonly eos: number; readonly fill?: number };
  readonly backbone: BackboneConfigInput;
  readonly objective: DiffusionConfigInput;
}

const count = z.int().min(1);
const tokenId = z.int().min(0);

const modelConfigSchema = z.strictObject({
  vocabSize: count,
  frame: z.strictObject({ boi: tokenId, eoi: tokenId, eos: tokenId, fill: tokenId.optional() }),
  contextLength: count.default(2048),
  contextPolicy: z.enum(["noisy", "clean"]).default("clean"),
  positionKind: z.enum(["axial", "raster"]).default("axial"),
  noisedCopies: count.default(1),
  tieEmbeddings: z.boolean().default(true),
  backbone: z.looseObject({}),
  objective: diffusionConfigSchema,
});

/**
 * Fills in defaults (`clean` context, axial positions, tied embeddings, 2048 tokens of context) and checks the config.
 * Idempotent.
 * @throws RangeError or TypeError naming the field, its value and the rule.
 */
export function resolveModelConfig(input: ModelConfigInput): ModelConfig {
  const parsed = modelConfigSchema.safeParse(input);
  if (!parsed.success) {
    throw new RangeError(`resolveModelConfig: ${z.prettifyError(parsed.error)}`, { cause: parsed.error });
  }
  const { data } = parsed;
  const frame = { ...data.frame, fill: data.frame.fill ?? data.frame.eos };
  for (const [name, id] of Object.entries(frame)) {
    if (id >= data.vocabSize) {
      throw new RangeError(`resolveModelConfig: frame.${name} (=${id}) must lie below vocabSize (=${data.vocabSize})`);
    }
  }
  if (new Set([frame.boi, frame.eoi, frame.eos]).size !== 3) {
    throw new RangeError(
      `resolveModelConfig: frame.boi (=${frame.boi}), eoi (=${frame.eoi}) and eos (=${frame.eos}) must be three different ids`,
    );
  }
  return { ...data, frame, backbone: resolveBackbone(input.backbone, data.objective) };
}

/** Adds the conditioning that the objective needs, and checks the number of experts. */
function resolveBackbone(input: BackboneConfigInput, objective: DiffusionConfig): BackboneConfig {
  const conditioningDim = objective.useAdaptiveNorm ? input.modelDim : undefined;
  if (input.conditioningDim !== undefined && input.conditioningDim !== conditioningDim) {
    throw new RangeError(
      `resolveModelConfig: backbone.conditioningDim (=${input.conditioningDim}) must be left out; ` +
        `objective.useAdaptiveNorm (=${objective.useAdaptiveNorm}) decides it`,
    );
  }
  const backbone = resolveBackboneConfig({ ...input, conditioningDim });
  if (backbone.numExperts > 2) {
    throw new RangeError(
      `resolveModelConfig: backbone.numExperts (=${backbone.numExperts}) must be 1 (shared weights) or 2 (text, patches)`,
    );
  }
  return backbone;
}
