/**
 * A document: one training example or one prompt, as a list of parts. The model knows token ids and image latents only;
 * strings, pixels and chat roles belong to `@interfuse/pipeline`.
 */

/** A run of text token ids. */
export interface TextPart {
  readonly kind: "text";
  readonly tokenIds: readonly number[];
  /** Per token: is it a target of the text loss? Left out: none is. */
  readonly lossMask?: readonly boolean[];
}

/** One image as normalised latents; in the row it stands as BOI, patches, EOI. */
export interface ImagePart {
  readonly kind: "image";
  /** [height, width, channels], channels last. */
  readonly latents: Float32Array;
  /** Height of the latent grid. */
  readonly height: number;
  /** Width of the latent grid. */
  readonly width: number;
  /**
   * Is this an image the model learns to draw? Then it is noised and scored, and BOI is a text target.
   * Otherwise it is context and stands clean (t = 0).
   */
  readonly hasLoss: boolean;
}

export type Part = TextPart | ImagePart;

export interface Document {
  readonly parts: readonly Part[];
  /**
   * Names the random draws (timesteps, noise) of this document, so that they do not depend on what it is packed with.
   * Left out: its index among the documents of the row.
   */
  readonly id?: string | number;
}
