/**
 * How images enter the backbone, are scored, and are generated. The backbone knows nothing of images, and the model
 * nothing of how they are learnt: one file per objective implements this interface.
 */
// P patches of all images of a row, N patches of its noised ones, F values of a patch, D model dim, I images
import type { SolverName } from "@interfuse/diffusion";
import type { Generator, Module, tf } from "@interfuse/tensor";
import type { LayoutImage } from "../layout/layout.ts";
import type { PatchGrid } from "../layout/patch-grid.ts";
import type { AdapterCarry } from "./patch-adapter.ts";

/** The patches of several images, one image after another. */
export interface PatchBatch {
  /** As given to the backbone: clean or noised. */
  readonly patches_PF: tf.Tensor2D;
  /** One per image, 0 is clean. */
  readonly timesteps: Float32Array;
  /** Each image's grid of patches; their tokens add up to P. */
  readonly grids: readonly PatchGrid[];
}

/** The images of a row made ready for one training step. */
export interface PreparedImages {
  /** All images of the row, in its order. */
  readonly batch: PatchBatch;
  /** What the patches of the noised images, in order, should predict. */
  readonly targets_NF: tf.Tensor2D;
  /** Which images of the batch are noised, in order. */
  readonly noised: readonly number[];
}

/** Images as rows of the backbone's input. */
export interface EnteredImages {
  readonly tokens_PD: tf.Tensor2D;
  /** Conditioning of the backbone (adaLN), one row per patch; only when the objective conditions it. */
  readonly conditioning_PD?: tf.Tensor2D;
  /** What passes the backbone by, for `read`. */
  readonly carry: AdapterCarry;
}

/** What to draw and how. */
export interface DrawingOptions {
  /** Latent grid. */
  readonly height: number;
  readonly width: number;
  /** Number of solver steps from noise to image. */
  readonly numSteps: number;
  readonly solver: SolverName;
  /** Classifier-free guidance weight; 1 is off. */
  readonly guidanceScale: number;
}

/** Patches to be run through the backbone, and their timestep. */
export interface DrawingQuery {
  readonly patches_PF: Float32Array;
  readonly timestep: number;
}

/** An image being generated: run what `next` asks, hand the prediction to `take`, until `next` gives undefined. */
export interface Drawing {
  readonly numSteps: number;
  /** Solver steps finished. */
  readonly stepsDone: number;
  /** What is to be run now, the same until it is taken; undefined when the image is finished. */
  next(): DrawingQuery | undefined;
  /** Takes the predictions of `read` for these patches, with the condition and, under guidance, without. */
  take(conditional_PF: Float32Array, unconditional_PF: Float32Array | undefined): void;
  /** Latents [height, width, channels]: the image once finished, before that the present guess of it. */
  latents(): Float32Array;
  /** The patches of `latents()`; entered at t = 0 they are the image as context. */
  cleanPatches(): Float32Array;
}

/** How images enter, are scored and are drawn; see the file's header. `DiffusionObjective` is one. */
export interface ImageObjective extends Module {
  /** Side of a patch, in latents. */
  readonly patchSize: number;
  readonly latentChannels: number;
  /**
   * Draws timesteps and noise for the noised images of a row; each image's draws depend on its names alone. No gradients are
   * recorded. Call within a tidy.
   */
  prepare(images: readonly LayoutImage[], generator: Generator): PreparedImages;
  /** The patches of an image given as context, to be entered at t = 0. Host only. */
  cleanPatches(image: Pick<LayoutImage, "latents" | "height" | "width">): Float32Array;
  /** Patches -> tokens of the backbone. Call within a tidy. */
  enter(batch: PatchBatch): EnteredImages;
  /**
   * What the objective predicts for some of the entered images, float32 [N, F], from the hidden states of their patches
   * [N, D]; `images` are their indices in the batch, in the order of the rows.
   */
  read(hidden_PD: tf.Tensor2D, carry: AdapterCarry, images: readonly number[]): tf.Tensor2D;
  /** Loss of the noised images' hidden states [N, D]: the sum over images of each image's mean. */
  score(hidden_PD: tf.Tensor2D, carry: AdapterCarry, prepared: PreparedImages): tf.Scalar;
  /** Starts generating an image from noise drawn from `generator`. */
  begin(options: DrawingOptions, generator: Generator): Drawing;
}
