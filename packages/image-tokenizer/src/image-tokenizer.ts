// B batch, H height, W width, C channels; f downsampling
import type { Generator, tf } from "@interfuse/tensor";
import type { Runner } from "./convolutional/steps.ts";
import type { KlAutoencoderConfig } from "./kl-autoencoder/config.ts";
import type { PictureSize } from "./picture.ts";
import type { PixelTokenizerConfig } from "./pixel-tokenizer.ts";
import type { LlamaGenVqConfig } from "./published/llamagen-vq.ts";
import type { StableDiffusionVaeConfig } from "./published/stable-diffusion-vae.ts";
import type { QuantizedAutoencoderConfig } from "./quantized-autoencoder/config.ts";

/** The config of any image tokenizer; `type` says which. */
export type ImageTokenizerConfig =
  | PixelTokenizerConfig
  | KlAutoencoderConfig
  | QuantizedAutoencoderConfig
  | StableDiffusionVaeConfig
  | LlamaGenVqConfig;

/**
 * Pixels to latents and back. Latents are what a model learns to make: normalised to mean 0 and variance 1 in each
 * channel as far as the tokenizer can, so that noise of variance 1 means the same for all of them.
 */
export interface ImageTokenizer {
  readonly config: ImageTokenizerConfig;
  /** Pixels a latent covers in each direction. */
  readonly downsampling: number;
  /** Channels C of the latents. */
  readonly latentChannels: number;
  /**
   * Normalised latents `[B, ceil(H/f), ceil(W/f), C]` of pixels `[B, H, W, 3]` in [-1, 1]. Sizes that f does not divide
   * are padded by repeating the last row and column. A sample of the posterior with a generator, its mean without.
   *
   * @throws RangeError when the channels are not 3, a side is smaller than f, or a pixel is not finite (not checked on WebGPU).
   */
  encode(pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D;
  /**
   * Pixels `[B, f*h, f*w, 3]` of normalised latents `[B, h, w, C]`, about in [-1, 1]; with a size, cropped to it. Of a
   * discrete tokenizer, latents that are no codes are decoded as they are (see {@link DiscreteImageTokenizer}).
   *
   * @throws RangeError when the channels are not C, or the size is larger than what the latents hold.
   */
  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D;
  /** Weights by name, whatever else training keeps in the tokenizer included; empty when there are none. */
  state(): Map<string, tf.Variable>;
  /** Frees the weights. */
  dispose(): void;
}

/** A tokenizer of networks that can also be run on less than a whole picture at a time. */
export interface SteppedTokenizer extends ImageTokenizer {
  /** Whether a network has steps that see the whole picture (attention). */
  readonly hasGlobalSteps: boolean;
  /** `encode` with networks run by `run`. */
  encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D;
  /** `decode` with networks run by `run`. */
  decodeBy(run: Runner, latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D;
}

/**
 * An image tokenizer whose latents are codes of a codebook, so that indices say the same.
 *
 * `decode` does not round latents to codes first. It would change those of `encode`: of residual and multi-scale codes the
 * nearest code to a sum of codes is often another sum. What another model makes near codes is best made as indices.
 */
export interface DiscreteImageTokenizer extends ImageTokenizer {
  /** How many values an index can have: 0 to `numCodes - 1`. */
  readonly numCodes: number;
  /**
   * Indices of pixels `[B, H, W, 3]` in [-1, 1], int32 `[B, ..]` as the quantizer shapes them, padded as `encode` does.
   *
   * @throws as `encode`.
   */
  encodeToIndices(pixels_BHWC: tf.Tensor4D): tf.Tensor;
  /** The normalised latents `[B, h, w, C]` that indices stand for: exactly those of `encode`. @throws RangeError when an index is out of range. */
  indicesToLatents(indices: tf.Tensor): tf.Tensor4D;
  /** Pixels of indices, as `decode` gives them. @throws as `decode` and `indicesToLatents`. */
  decodeIndices(indices: tf.Tensor, size?: PictureSize): tf.Tensor4D;
}

/** A discrete tokenizer of networks that can also be run on less than a whole picture at a time. */
export interface SteppedDiscreteTokenizer extends SteppedTokenizer, DiscreteImageTokenizer {
  /** `encodeToIndices` with networks run by `run`. */
  encodeToIndicesBy(run: Runner, pixels_BHWC: tf.Tensor4D): tf.Tensor;
}

/** Whether a tokenizer has codes and indices. */
export function isDiscrete(tokenizer: ImageTokenizer): tokenizer is DiscreteImageTokenizer {
  return "encodeToIndices" in tokenizer;
}
