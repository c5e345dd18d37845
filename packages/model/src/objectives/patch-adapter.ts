/**
 * How patches of latents become tokens of the backbone, and hidden states become predictions of patches. Two adapters:
 * one linear map each way, or a small U-Net around the backbone (Transfusion, arXiv 2408.11039, section 3.1).
 */
// P patches, F values of a patch, D model dim (and width of the timestep embedding), I images
import type { Module, tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";

/** Patches of several images, as an adapter sees them. */
export interface AdapterInput {
  readonly patches_PF: tf.Tensor2D;
  /** The grid of each image; their tokens add up to P. */
  readonly grids: readonly PatchGrid[];
  /** Embedded timestep of each image. */
  readonly time_ID: tf.Tensor2D;
}

/** What one group of equally sized images hands past the backbone. */
export interface CarriedGroup {
  /** Indices of the images in the batch. */
  readonly images: readonly number[];
  readonly grid: PatchGrid;
  /** What came in, as cells of the finest level: [I, height, width, channels]. */
  readonly cells: tf.Tensor4D;
  /** Of each level, the finest first: [I, height, width, channels]. */
  readonly features: readonly tf.Tensor4D[];
  readonly time_ID: tf.Tensor2D;
}

/** What an adapter hands from `enter` to `leave` past the backbone; empty for the linear one. */
export type AdapterCarry = readonly CarriedGroup[];

/** What `enter` gives. */
export interface AdapterOutput {
  /** In the order of the batch. */
  readonly tokens_PD: tf.Tensor2D;
  readonly carry: AdapterCarry;
}

/** One way for images into the backbone and out of it. */
export interface PatchAdapter extends Module {
  /** Patches -> tokens. Call within a tidy. */
  enter(input: AdapterInput): AdapterOutput;
  /**
   * Hidden states [P', D] of the patches of some images of the batch -> predictions [P', F], float32; `images` are their
   * indices in the batch, in the order of the rows. Call within a tidy.
   */
  leave(hidden_PD: tf.Tensor2D, carry: AdapterCarry, images: readonly number[]): tf.Tensor2D;
}
