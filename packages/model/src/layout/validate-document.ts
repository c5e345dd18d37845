import type { Document, ImagePart, TextPart } from "../document.ts";
import type { FrameTokens } from "./layout.ts";
import { patchGrid } from "./patch-grid.ts";

/** What documents must fit. */
export interface DocumentRules {
  readonly frame: FrameTokens;
  readonly patchSize: number;
  readonly latentChannels?: number;
  readonly vocabSize?: number;
}

/**
 * Checks one document at the public edge, so that the layout itself need not.
 * @param where names the document in error messages, as in `documents[3]`.
 * @throws RangeError for an empty document, an unknown or framing token id, a loss mask of the wrong length or with
 * nothing before its target, and latents that do not match their grid; TypeError for an unknown kind of part.
 */
export function validateDocument(document: Document, where: string, rules: DocumentRules): void {
  let numTokens = 0;
  document.parts.forEach((part, partIndex) => {
    const partName = `${where}.parts[${partIndex}]`;
    if (part.kind === "text") {
      validateText(part, partName, numTokens === 0, rules);
      numTokens += part.tokenIds.length;
    } else if (part.kind === "image") {
      numTokens += validateImage(part, partName, rules) + 2;
    } else {
      const { kind } = part as { kind: unknown };
      throw new TypeError(`layoutDocuments: ${partName}.kind (=${String(kind)}) must be "text" or "image"`);
    }
  });
  if (numTokens === 0) {
    throw new RangeError(`layoutDocuments: ${where} is empty; a document needs at least one token or image`);
  }
}

function validateText(part: TextPart, name: string, isFirst: boolean, { frame, vocabSize }: DocumentRules): void {
  const { tokenIds, lossMask } = part;
  for (const [index, id] of tokenIds.entries()) {
    if (!Number.isInteger(id) || id < 0 || (vocabSize !== undefined && id >= vocabSize)) {
      const bound = vocabSize === undefined ? "" : ` below vocabSize (=${vocabSize})`;
      throw new RangeError(
        `layoutDocuments: ${name}.tokenIds[${index}] (=${id}) must be a whole number from 0${bound}; use the model's own tokenizer`,
      );
    }
    if (id === frame.boi || id === frame.eoi) {
      throw new RangeError(
        `layoutDocuments: ${name}.tokenIds[${index}] (=${id}) is an image framing token; the layout adds these around image parts`,
      );
    }
  }
  if (lossMask !== undefined && lossMask.length !== tokenIds.length) {
    throw new RangeError(
      `layoutDocuments: ${name}.lossMask has length ${lossMask.length}, tokenIds has ${tokenIds.length}; they must match`,
    );
  }
  if (isFirst && lossMask?.[0] === true) {
    throw new RangeError(
      `layoutDocuments: ${name}.lossMask[0] must be false: nothing stands before the first token to predict it; start with a bos token`,
    );
  }
}

/** Returns the number of patches. */
function validateImage(part: ImagePart, name: string, { patchSize, latentChannels }: DocumentRules): number {
  const { latents, height, width } = part;
  const { numTokens } = patchGrid(height, width, patchSize);
  const channels = latents.length / (height * width);
  const isWrong =
    latentChannels === undefined ? !(channels >= 1 && Number.isInteger(channels)) : channels !== latentChannels;
  if (isWrong) {
    throw new RangeError(
      `layoutDocuments: ${name}.latents has ${latents.length} values; height (=${height}) x width (=${width}) x ` +
        `channels${latentChannels === undefined ? "" : ` (=${latentChannels})`} must give that number`,
    );
  }
  return numTokens;
}
