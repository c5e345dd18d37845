/**
 * Documents -> spans -> one packed row of tokens, without a batch axis: token ids, positions, key ranges, targets.
 *
 * Within a document text is causal, the patches of an image see one another and everything before them, and no token
 * sees another document. See `ContextPolicy` for where noised images stand. A noised copy that stands after its
 * document sees [document start .. its BOI] and itself, has the positions of its twin, and is seen by nobody else.
 */
import type { Document, ImagePart } from "../document.ts";
import type { ContextPolicy, FrameTokens, Layout, LayoutImage, PositionKind, Span } from "./layout.ts";
import { patchGrid } from "./patch-grid.ts";
import { positionExtent, RowWriter } from "./row-writer.ts";
import { validateDocument } from "./validate-document.ts";

/** Policy `noisy`: an image that text with a loss looks at is noised no further than this (Transfusion, section 4.1). */
export const CONTEXT_TIMESTEP_CAP = 0.5;

/** What a layout depends on beside the documents: the model's sizes and policies. */
export interface LayoutOptions {
  readonly frame: FrameTokens;
  /** Side of a patch, in latents. */
  readonly patchSize: number;
  readonly contextPolicy: ContextPolicy;
  readonly positionKind: PositionKind;
  /** Noised versions of each scored image, each with its own timestep: several timesteps per context. */
  readonly noisedCopies?: number;
  /** The row is filled to a multiple of this, so that kernels see few shapes. */
  readonly multipleOf?: number;
  /** When given, latents must have this many channels. */
  readonly latentChannels?: number;
  /** When given, token ids must lie below it. */
  readonly vocabSize?: number;
}

/**
 * Packs documents into one row.
 * @throws RangeError, TypeError as `validateDocument`; RangeError when there is no document or an option is not a positive whole number.
 */
export function layoutDocuments(documents: readonly Document[], options: LayoutOptions): Layout {
  const { frame, noisedCopies = 1, multipleOf = 64 } = options;
  for (const [name, value] of Object.entries({ patchSize: options.patchSize, noisedCopies, multipleOf })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`layoutDocuments: ${name} (=${value}) must be a whole number of at least 1`);
    }
  }
  if (documents.length === 0) {
    throw new RangeError("layoutDocuments: documents is empty; a row needs at least one");
  }
  const builder = new LayoutBuilder(options, noisedCopies);
  documents.forEach((document, documentIndex) => {
    validateDocument(document, `documents[${documentIndex}]`, options);
    builder.add(document, documentIndex);
  });
  return builder.finish(frame.fill, multipleOf);
}

class LayoutBuilder {
  readonly #rows: RowWriter;
  readonly #spans: Span[] = [];
  readonly #images: LayoutImage[] = [];
  readonly #targetRows: number[] = [];
  readonly #targetIds: number[] = [];
  readonly #options: LayoutOptions;
  readonly #noisedCopies: number;

  constructor(options: LayoutOptions, noisedCopies: number) {
    this.#rows = new RowWriter(options.positionKind);
    this.#options = options;
    this.#noisedCopies = noisedCopies;
  }

  add(document: Document, documentIndex: number): void {
    const { frame, positionKind, patchSize } = this.#options;
    const rows = this.#rows;
    const documentStart = rows.length;
    const documentId = document.id ?? documentIndex;
    const follows = lossesThatFollow(document, frame.eos);
    const copiesAtEnd: (() => void)[] = [];
    let position = 0;

    document.parts.forEach((part, partIndex) => {
      const start = rows.length;
      if (part.kind === "text") {
        part.tokenIds.forEach((id, index) => {
          if (part.lossMask?.[index] === true) {
            this.#target(id);
          }
          rows.token(id, position++, [documentStart, rows.length + 1, 0, 0]);
        });
      } else {
        if (part.hasLoss && start > documentStart) {
          this.#target(frame.boi);
        }
        const grid = patchGrid(part.height, part.width, patchSize);
        rows.token(frame.boi, position++, [documentStart, start + 1, 0, 0]);
        const contextEnd = rows.length;
        const inPlace = this.#roleInPlace(part, follows[partIndex]!);
        const base = {
          documentIndex,
          partIndex,
          documentId,
          ...grid,
          latents: part.latents,
          height: part.height,
          width: part.width,
        };
        this.#images.push({ ...base, ...inPlace, copyIndex: 0, start: contextEnd });
        const patchPosition = position;
        rows.patches(frame.fill, grid, position, [documentStart, contextEnd + grid.numTokens, 0, 0]);
        position += positionExtent(grid, positionKind);
        rows.token(frame.eoi, position++, [documentStart, rows.length + 1, 0, 0]);
        for (
          let copyIndex = inPlace.role === "noised" ? 1 : 0;
          part.hasLoss && copyIndex < this.#noisedCopies;
          copyIndex++
        ) {
          copiesAtEnd.push(() => {
            const start = rows.length;
            this.#images.push({ ...base, role: "noised", copyIndex, start, timestepCap: 1 });
            rows.patches(frame.fill, grid, patchPosition, [documentStart, contextEnd, start, start + grid.numTokens]);
          });
        }
      }
      if (rows.length > start) {
        this.#spans.push({ kind: part.kind, documentIndex, partIndex, start, length: rows.length - start });
      }
    });
    for (const writeCopy of copiesAtEnd) {
      writeCopy();
    }
  }

  finish(fill: number, multipleOf: number): Layout {
    this.#rows.fill(fill, multipleOf);
    return {
      length: this.#rows.length,
      ...this.#rows.finish(),
      spans: this.#spans,
      textTargetRows: Int32Array.from(this.#targetRows),
      textTargetIds: Int32Array.from(this.#targetIds),
      images: this.#images,
    };
  }

  /** The next row to be written is a target: the row before it predicts it. After an image that row is EOI's. */
  #target(id: number): void {
    this.#targetRows.push(this.#rows.length - 1);
    this.#targetIds.push(id);
  }

  #roleInPlace(part: ImagePart, follows: FollowingLosses): { role: "clean" | "noised"; timestepCap: number } {
    if (!part.hasLoss) {
      return { role: "clean", timestepCap: 1 };
    }
    if (this.#options.contextPolicy === "noisy") {
      return { role: "noised", timestepCap: follows.text ? CONTEXT_TIMESTEP_CAP : 1 };
    }
    return { role: follows.text || follows.image ? "clean" : "noised", timestepCap: 1 };
  }
}

interface FollowingLosses {
  readonly text: boolean;
  readonly image: boolean;
}

/** Per part: does text or an image with a loss come after it? An `eos` target does not count (see `FrameTokens`). */
function lossesThatFollow(document: Document, eos: number | undefined): FollowingLosses[] {
  const result: FollowingLosses[] = new Array(document.parts.length);
  let text = false;
  let image = false;
  for (let index = document.parts.length - 1; index >= 0; index--) {
    result[index] = { text, image };
    const part = document.parts[index]!;
    if (part.kind === "image") {
      image ||= part.hasLoss;
    } else {
      text ||= part.tokenIds.some((id, token) => part.lossMask?.[token] === true && id !== eos);
    }
  }
  return result;
}
