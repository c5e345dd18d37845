/** What every autoencoder with a quantizer does, whatever its networks: ours and published ones. */
// B batch, H height, W width, C latent channels; f downsampling
import { tf } from "@interfuse/tensor";
import { AutoencoderTokenizer } from "../autoencoder-tokenizer.ts";
import { type Runner, runWhole } from "../convolutional/steps.ts";
import type { ImageTokenizerConfig, SteppedDiscreteTokenizer } from "../image-tokenizer.ts";
import { type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";
import type { PictureSize } from "../picture.ts";
import type { Quantization, Quantizer } from "../quantizers/quantizer.ts";

/** What is trained: pixels to what a quantizer reads, and its codes to pixels. */
export interface TrainableQuantized {
  readonly quantizer: Quantizer;
  unquantized(pixels_BHWC: tf.Tensor4D): tf.Tensor4D;
  reconstruct(codes_BHWC: tf.Tensor4D): tf.Tensor4D;
}

/** An autoencoder over codes, which are its raw latents: subclasses bring the config, a quantizer and two networks. */
export abstract class QuantizedTokenizer<Config extends ImageTokenizerConfig & LatentStatistics>
  extends AutoencoderTokenizer<Config>
  implements TrainableQuantized, SteppedDiscreteTokenizer
{
  abstract readonly quantizer: Quantizer;

  get latentChannels(): number {
    return this.quantizer.dim;
  }

  get numCodes(): number {
    return this.quantizer.numCodes;
  }

  /**
   * What the quantizer reads: raw latents `[B, H/f, W/f, C]` before quantization, for training.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  unquantized(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.runEncoder("unquantized", pixels_BHWC);
  }

  encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.#quantizeBy(run, "encode", pixels_BHWC).codes, this.config));
  }

  encodeToIndices(pixels_BHWC: tf.Tensor4D): tf.Tensor {
    return this.encodeToIndicesBy(runWhole, pixels_BHWC);
  }

  encodeToIndicesBy(run: Runner, pixels_BHWC: tf.Tensor4D): tf.Tensor {
    return tf.tidy(() => this.#quantizeBy(run, "encodeToIndices", pixels_BHWC).indices);
  }

  decodeIndices(indices: tf.Tensor, size?: PictureSize): tf.Tensor4D {
    return tf.tidy(() => this.decode(this.indicesToLatents(indices), size));
  }

  indicesToLatents(indices: tf.Tensor): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.quantizer.indicesToCodes(indices) as tf.Tensor4D, this.config));
  }

  #quantizeBy(run: Runner, name: string, pixels_BHWC: tf.Tensor4D): Quantization<tf.Tensor4D> {
    return this.quantizer.quantize(this.runEncoderPadded(run, name, pixels_BHWC));
  }
}
