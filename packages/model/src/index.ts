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
export { CONTEXT_TIMESTEP_CAP, layoutDocuments, type LayoutOptions } from "./layout/layout-documents.ts";
export { type PatchGrid, patchGrid } from "./layout/patch-grid.ts";
