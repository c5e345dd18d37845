/**
 * Encoding and decoding of pictures of any size: small ones whole, large ones in strips or tiles, so that memory holds. What
 * the parts give differs from the whole by rounding only, but for networks with attention.
 */
import {
  type DiscreteImageTokenizer,
  decodeLarge,
  encodeLarge,
  encodeLargeToIndices,
  type ImageTokenizer,
  type PictureSize,
  type SteppedDiscreteTokenizer,
  type SteppedTokenizer,
} from "@interfuse/image-tokenizer";
import type { tf } from "@interfuse/tensor";

/** From how many pixels on a picture is large, unless told otherwise. */
const LARGE = 2 ** 21;

type AnySizeOptions = { readonly largeFrom?: number };

/** `tokenizer.encode`. */
export function encodeAnySize(
  tokenizer: ImageTokenizer,
  pixels_BHWC: tf.Tensor4D,
  { largeFrom = LARGE }: AnySizeOptions = {},
): tf.Tensor4D {
  return numPixels(pixels_BHWC) >= largeFrom && isStepped(tokenizer)
    ? encodeLarge(tokenizer, pixels_BHWC)
    : tokenizer.encode(pixels_BHWC);
}

/** `tokenizer.encodeToIndices`. */
export function encodeToIndicesAnySize(
  tokenizer: DiscreteImageTokenizer,
  pixels_BHWC: tf.Tensor4D,
  { largeFrom = LARGE }: AnySizeOptions = {},
): tf.Tensor {
  return numPixels(pixels_BHWC) >= largeFrom && isSteppedDiscrete(tokenizer)
    ? encodeLargeToIndices(tokenizer, pixels_BHWC)
    : tokenizer.encodeToIndices(pixels_BHWC);
}

/** `tokenizer.decode` to pictures of a size. */
export function decodeAnySize(
  tokenizer: ImageTokenizer,
  latents_BHWC: tf.Tensor4D,
  { height, width, largeFrom = LARGE }: PictureSize & AnySizeOptions,
): tf.Tensor4D {
  const size = { height, width };
  return height * width >= largeFrom && isStepped(tokenizer)
    ? decodeLarge(tokenizer, latents_BHWC, { size })
    : tokenizer.decode(latents_BHWC, size);
}

function numPixels({ shape: [, height, width] }: tf.Tensor4D): number {
  return height * width;
}

function isStepped(tokenizer: ImageTokenizer): tokenizer is SteppedTokenizer {
  return "encodeBy" in tokenizer;
}

function isSteppedDiscrete(tokenizer: DiscreteImageTokenizer): tokenizer is SteppedDiscreteTokenizer {
  return "encodeToIndicesBy" in tokenizer;
}
