export { type ModelConfig, type ModelConfigInput, resolveModelConfig } from "./config.ts";
export type { Document, ImagePart, Part, TextPart } from "./document.ts";
export {
  type ContextPolicy,
  countTargets,
  type FrameTokens,
  type Layout,
  type LayoutImage,
  type PositionKind,
  type Span,
  type TargetCounts,
} from "./layout/layout.ts";
export { CONTEXT_TIMESTEP_CAP, type LayoutOptions, layoutDocuments } from "./layout/layout-documents.ts";
export { type PatchGrid, patchGrid } from "./layout/patch-grid.ts";
export type { DiffusionConfig, DiffusionConfigInput } from "./objectives/diffusion-config.ts";
export { DiffusionObjective } from "./objectives/diffusion-objective.ts";
export type {
  Drawing,
  DrawingOptions,
  DrawingQuery,
  EnteredImages,
  ImageObjective,
  PatchBatch,
  PreparedImages,
} from "./objectives/image-objective.ts";
export type { AdapterCarry, CarriedGroup } from "./objectives/patch-adapter.ts";
export { type PatchExtents, patchify, unpatchify } from "./objectives/patchify.ts";
export type { PackedRow } from "./packed-row.ts";
export type { GenerationEvent, SessionEvent } from "./session/events.ts";
export { generate } from "./session/generate.ts";
export type { GenerationOptions, ImageOptions } from "./session/options.ts";
export { Session } from "./session/session.ts";
export { type ForwardPass, type LossSums, UnifiedModel } from "./unified-model.ts";
