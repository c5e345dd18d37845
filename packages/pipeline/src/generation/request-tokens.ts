/** How many tokens documents, images and whole requests take in the model's context. */
import { type Document, type GenerationOptions, patchGrid, type UnifiedModel } from "@interfuse/model";

/** A document to be answered. */
export type GenerationRequest = { readonly document: Document; readonly options: GenerationOptions };

/** Cache slots that a request may come to need, its twin for guidance included. */
export function requestTokens(model: UnifiedModel, { document, options }: GenerationRequest): number {
  const { maxTokens = 0, image } = options;
  const drawn = image === undefined ? 0 : (image.maxCount ?? 1) * imageTokens(model, image);
  const documents = image?.guidance === undefined ? [document] : [document, image.guidance.document];
  return documents.reduce(
    (sum, each) => sum + Math.min(documentTokens(model, each) + maxTokens + drawn, model.config.contextLength),
    0,
  );
}

/** Tokens that a document takes in the model's context. */
export function documentTokens(model: UnifiedModel, { parts }: Document): number {
  return parts.reduce((sum, part) => sum + (part.kind === "text" ? part.tokenIds.length : imageTokens(model, part)), 0);
}

/** Tokens that an image of a latent grid takes: its patches and their frame. */
export function imageTokens(model: UnifiedModel, { height, width }: { height: number; width: number }): number {
  return patchGrid(height, width, model.objective.patchSize).numTokens + 2;
}
