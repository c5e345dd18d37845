/** What every autoencoder with a quantizer does, whatever its networks: ours and published ones. */
// B batch, H height, W width, C latent channels; f downsampling
import { Module, tf } from "@interfuse/tensor";
import { checkChannels, checkDivisible, checkFinitePixels } from "../checks.ts";
import type { Layer } from "../convolutional/layer.ts";
import { hasGlobalSteps, type Runner, runWhole } from "../convolutional/steps.ts";
import type { DiscreteImageTokenizer, ImageTokenizerConfig, SteppedTokenizer } from "../image-tokenizer.ts";
import { denormaliseLatents, type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";
import { cropTo, padToMultiple } from "../padding.ts";
import type { PictureSize } from "../picture.ts";
import type { Quantization, Quantizer } from "../quantizers/quantizer.ts";

/** What is trained: pixels to what a quantizer reads, and its codes to pixels. */
export interface TrainableQuantized {
  readonly quantizer: Quantizer;
  unquantized(pixels_BHWC: tf.Tensor4D): tf.Tensor4D;
  reconstruct(codes_BHWC: tf.Tensor4D): tf.Tensor4D;
}

/** Fields of a config that this class reads. */
type QuantizedTokenizerConfig = ImageTokenizerConfig & LatentStatistics;

/** An autoencoder over codes: subclasses bring the config, a quantizer and two networks. Latent statistics are part of the config. */
export abstract class QuantizedTokenizer<Config extends QuantizedTokenizerConfig>
  extends Module
  implements TrainableQuantized, DiscreteImageTokenizer, SteppedTokenizer
{
  abstract readonly downsampling: number;
  abstract readonly quantizer: Quantizer;
  /** Pixels `[B, H, W, 3]` to what the quantizer reads, `[B, H/f, W/f, C]`. */
  protected abstract readonly encoder: Layer;
  /** Codes `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
  protected abstract readonly decoder: Layer;
  readonly #resolve: (config: Config) => Config;
  #config: Config;

  /** `resolve` checks a config that is already complete. */
  protected constructor(config: Config, resolve: (config: Config) => Config) {
    super();
    this.#config = config;
    this.#resolve = resolve;
  }

  /** The config, latent statistics included. */
  get config(): Config {
    return this.#config;
  }

  get latentChannels(): number {
    return this.quantizer.dim;
  }

  get numCodes(): number {
    return this.quantizer.numCodes;
  }

  get hasGlobalSteps(): boolean {
    return hasGlobalSteps(this.encoder.steps()) || hasGlobalSteps(this.decoder.steps());
  }

  /** Sets what `encode` subtracts and divides by, and `decode` undoes. @throws RangeError when they do not fit the channels. */
  setLatentStatistics({ latentMean, latentStd }: LatentStatistics): void {
    this.#config = this.#resolve({ ...this.#config, latentMean, latentStd });
  }

  /**
   * What the quantizer reads: raw latents `[B, H/f, W/f, C]` before quantization, for training.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  unquantized(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.#unquantizedBy(runWhole, pixels_BHWC);
  }

  #unquantizedBy(run: Runner, pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    const operation = `${this.constructor.name}.unquantized`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkDivisible(operation, pixels_BHWC, this.downsampling);
    return tf.tidy(() => run(this.encoder.steps(), pixels_BHWC));
  }

  /** Pixels `[B, f*h, f*w, 3]` of codes, that is raw latents, `[B, h, w, C]`, for training. */
  reconstruct(codes_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.#reconstructBy(runWhole, codes_BHWC);
  }

  #reconstructBy(run: Runner, codes_BHWC: tf.Tensor4D): tf.Tensor4D {
    const argument = { name: "codes_BHWC", value: codes_BHWC };
    checkChannels(`${this.constructor.name}.reconstruct`, argument, this.latentChannels);
    return tf.tidy(() => run(this.decoder.steps(), codes_BHWC));
  }

  encode(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.encodeBy(runWhole, pixels_BHWC);
  }

  encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.#quantizeBy(run, "encode", pixels_BHWC).codes, this.#config));
  }

  encodeToIndices(pixels_BHWC: tf.Tensor4D): tf.Tensor {
    return tf.tidy(() => this.#quantizeBy(runWhole, "encodeToIndices", pixels_BHWC).indices);
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    return this.decodeBy(runWhole, latents_BHWC, size);
  }

  decodeBy(run: Runner, latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    const argument = { name: "latents_BHWC", value: latents_BHWC };
    checkChannels(`${this.constructor.name}.decode`, argument, this.latentChannels);
    return tf.tidy(() => {
      const pixels = this.#reconstructBy(run, denormaliseLatents(latents_BHWC, this.#config));
      return size === undefined ? pixels : cropTo(pixels, size);
    });
  }

  decodeIndices(indices: tf.Tensor, size?: PictureSize): tf.Tensor4D {
    return tf.tidy(() => this.decode(this.indicesToLatents(indices), size));
  }

  indicesToLatents(indices: tf.Tensor): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.quantizer.indicesToCodes(indices) as tf.Tensor4D, this.#config));
  }

  #quantizeBy(run: Runner, name: string, pixels_BHWC: tf.Tensor4D): Quantization<tf.Tensor4D> {
    const operation = `${this.constructor.name}.${name}`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkFinitePixels(operation, pixels_BHWC);
    return this.quantizer.quantize(this.#unquantizedBy(run, padToMultiple(pixels_BHWC, this.downsampling)));
  }
}
