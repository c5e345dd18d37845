/** Tokenizing pictures that memory does not hold the activations of. */
// B batch, H height, W width, C channels; f downsampling
import type { tf } from "@interfuse/tensor";
import type { Runner } from "../convolutional/steps.ts";
import type { SteppedDiscreteTokenizer, SteppedTokenizer } from "../image-tokenizer.ts";
import type { PictureSize } from "../picture.ts";
import { inStrips, type StripOptions } from "./strips.ts";
import { inTiles, type TileOptions } from "./tiles.ts";

/** How large pictures are cut: into strips for networks without attention, into tiles for others. */
export type LargePictureOptions = StripOptions & TileOptions;

/**
 * `tokenizer.encode` of large pictures, with the posterior's mean, in bounded memory: the same latents (to 1e-3 and better)
 * from networks without attention, which run in strips with norms over the whole picture; blends of overlapping tiles from
 * those with attention. Without gradients.
 *
 * @throws as `tokenizer.encode`.
 */
export function encodeLarge(
  tokenizer: SteppedTokenizer,
  pixels_BHWC: tf.Tensor4D,
  options: LargePictureOptions = {},
): tf.Tensor4D {
  return tokenizer.encodeBy(runnerFor(tokenizer, options), pixels_BHWC);
}

/** `tokenizer.encodeToIndices` of large pictures, as {@link encodeLarge}. @throws as `tokenizer.encodeToIndices`. */
export function encodeLargeToIndices(
  tokenizer: SteppedDiscreteTokenizer,
  pixels_BHWC: tf.Tensor4D,
  options: LargePictureOptions = {},
): tf.Tensor {
  return tokenizer.encodeToIndicesBy(runnerFor(tokenizer, options), pixels_BHWC);
}

/** `tokenizer.decode` of large pictures, as {@link encodeLarge}. @throws as `tokenizer.decode`. */
export function decodeLarge(
  tokenizer: SteppedTokenizer,
  latents_BHWC: tf.Tensor4D,
  { size, ...options }: LargePictureOptions & { readonly size?: PictureSize } = {},
): tf.Tensor4D {
  return tokenizer.decodeBy(runnerFor(tokenizer, options), latents_BHWC, size);
}

function runnerFor({ hasGlobalSteps }: SteppedTokenizer, options: LargePictureOptions): Runner {
  return hasGlobalSteps ? inTiles(options) : inStrips(options);
}
