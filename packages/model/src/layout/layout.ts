/**
 * What `layoutDocuments` returns: one packed row of tokens as plain typed arrays, with everything the model needs to run
 * and score it. No tensors, no backend.
 */

/** Ids of the framing tokens. */
export interface FrameTokens {
  /** Begin of image: stands before the patches; the model draws by predicting it. */
  readonly boi: number;
  /** End of image: stands after the patches; what follows an image is predicted from its row. Never a target. */
  readonly eoi: number;
  /** Id of inert tokens that fill the row; any valid id. */
  readonly fill: number;
  /**
   * End of an answer. When given, an `eos` after an image does not make that image "followed by text with a loss": the
   * decision to stop tells nothing about the image, and counting it would cap the noise of every drawn image (policy
   * `noisy`) or add a twin to it (policy `clean`).
   */
  readonly eos?: number;
}

/**
 * How an image that later parts condition on stands in the row.
 * - `noisy` (Transfusion, arXiv 2408.11039): noised, in place; later tokens see the noised image.
 * - `clean`: clean in place; noised copies stand after the document's end, where nothing else sees them.
 */
export type ContextPolicy = "noisy" | "clean";

/** `axial`: patches get (sequence, row, column) positions. `raster`: 1-D positions throughout. */
export type PositionKind = "axial" | "raster";

/** The run of rows that one part of one document takes; an image's run includes BOI and EOI. */
export interface Span {
  readonly kind: "text" | "image";
  readonly documentIndex: number;
  readonly partIndex: number;
  readonly start: number;
  readonly length: number;
}

/** The patches of one image in the row: a clean image (context, t = 0), or a noised one (scored). */
export interface LayoutImage {
  readonly role: "clean" | "noised";
  readonly documentIndex: number;
  readonly partIndex: number;
  /** Which noised version of its part this is, from 0; 0 for a clean one. */
  readonly copyIndex: number;
  /** `document.id`, or the document's index: names the image's random draws. */
  readonly documentId: string | number;
  /** Row of the first patch; the patches are contiguous, in raster order. */
  readonly start: number;
  /** rows * columns. */
  readonly numTokens: number;
  /** Patch grid height. */
  readonly rows: number;
  /** Patch grid width. */
  readonly columns: number;
  /** The part's latents, [height, width, channels]; not copied. */
  readonly latents: Float32Array;
  readonly height: number;
  readonly width: number;
  /** The largest timestep this image may be noised to: 1, or 0.5 where text with a loss looks at it. */
  readonly timestepCap: number;
}

/** One packed row of L tokens; see the file's header. */
export interface Layout {
  /** Number of tokens of the row, fill included. */
  readonly length: number;
  /** int32 [L]; patches hold `frame.fill`, their embedding comes from the image objective. */
  readonly tokenIds: Int32Array;
  /** float32 [L, 3]: sequence, row, column. */
  readonly positions_L3: Float32Array;
  /** int32 [L, 4]: token i sees keys [a0, a1) and [b0, b1); fill sees nothing. */
  readonly keyRanges: Int32Array;
  readonly spans: readonly Span[];
  /** Rows whose hidden state predicts a text target, ascending. */
  readonly textTargetRows: Int32Array;
  /** The ids they predict. */
  readonly textTargetIds: Int32Array;
  readonly images: readonly LayoutImage[];
}

/** The counts that the loss sums of a row are divided by; known before the forward pass. */
export interface TargetCounts {
  readonly numTextTargets: number;
  /** Noised images, every noised copy counted. */
  readonly numImages: number;
}

/** Counts the text targets and the scored images of a row. */
export function countTargets(layout: Layout): TargetCounts {
  return {
    numTextTargets: layout.textTargetRows.length,
    numImages: layout.images.filter((image) => image.role === "noised").length,
  };
}
