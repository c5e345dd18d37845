// B batch, H height, W width, C channels (3)
import type { tf } from "@interfuse/tensor";
import { checkChannels, checkFinitePixels } from "./checks.ts";
import type { ImageTokenizer } from "./image-tokenizer.ts";
import { cropTo } from "./padding.ts";
import type { PictureSize } from "./picture.ts";

/** Config of {@link PixelTokenizer}. */
export type PixelTokenizerConfig = { readonly type: "pixels" };

/** No compression at all: latents are pixels in [-1, 1]. The model's patches do the grouping. */
export class PixelTokenizer implements ImageTokenizer {
  readonly config: PixelTokenizerConfig = { type: "pixels" };
  readonly downsampling = 1;
  readonly latentChannels = 3;

  encode(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    checkChannels("PixelTokenizer.encode", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkFinitePixels("PixelTokenizer.encode", pixels_BHWC);
    return pixels_BHWC.clone();
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    checkChannels("PixelTokenizer.decode", { name: "latents_BHWC", value: latents_BHWC }, 3);
    return size === undefined ? latents_BHWC.clone() : cropTo(latents_BHWC, size);
  }

  state(): Map<string, tf.Variable> {
    return new Map();
  }

  dispose(): void {}
}
