/**
 * The discrete image tokenizer: a convolutional autoencoder with a quantizer between encoder and decoder (VQ-VAE, arXiv
 * 1711.00937, and all that followed). As in the KL autoencoder the published 1x1 projections around the quantizer are
 * left out: the encoder's last and the decoder's first convolution are the linear maps to and from its channels.
 */
// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { checkChannels, checkDivisible } from "../checks.ts";
import { Decoder } from "../convolutional/decoder.ts";
import { Encoder } from "../convolutional/encoder.ts";
import { downsamplingOf } from "../convolutional/sizes.ts";
import type { DiscreteImageTokenizer } from "../image-tokenizer.ts";
import { denormaliseLatents, type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";
import { cropTo, padToMultiple } from "../padding.ts";
import type { PictureSize } from "../picture.ts";
import { quantizerFromConfig } from "../quantizers/from-config.ts";
import type { Quantizer } from "../quantizers/quantizer.ts";
import {
  type QuantizedAutoencoderConfig,
  type QuantizedAutoencoderConfigInput,
  resolveQuantizedAutoencoderConfig,
  sizesOf,
} from "./config.ts";

/** A convolutional autoencoder over codes. Weights lie under `encoder.`, `quantizer.` and `decoder.`; latent statistics are part of the config. */
export class QuantizedAutoencoder extends Module implements DiscreteImageTokenizer {
  readonly downsampling: number;
  readonly latentChannels: number;
  readonly quantizer: Quantizer;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  #config: QuantizedAutoencoderConfig;

  /** @throws as {@link resolveQuantizedAutoencoderConfig}. */
  constructor(input: QuantizedAutoencoderConfigInput, generator: Generator) {
    super();
    this.#config = resolveQuantizedAutoencoderConfig(input);
    const sizes = sizesOf(this.#config);
    this.downsampling = downsamplingOf(sizes);
    this.latentChannels = sizes.latentChannels;
    const output = { outputChannels: sizes.latentChannels };
    this.#encoder = this.child("encoder", new Encoder(sizes, output, generator.fork("encoder")));
    this.quantizer = this.child("quantizer", quantizerFromConfig(this.#config.quantizer, generator.fork("quantizer")));
    this.#decoder = this.child("decoder", new Decoder(sizes, generator.fork("decoder")));
  }

  /** The config, latent statistics included. */
  get config(): QuantizedAutoencoderConfig {
    return this.#config;
  }

  get numCodes(): number {
    return this.quantizer.numCodes;
  }

  /** Sets what `encode` subtracts and divides by, and `decode` undoes. @throws RangeError when they do not fit the channels. */
  setLatentStatistics({ latentMean, latentStd }: LatentStatistics): void {
    this.#config = resolveQuantizedAutoencoderConfig({ ...this.#config, latentMean, latentStd });
  }

  /**
   * What the quantizer reads: raw latents `[B, H/f, W/f, C]` before quantization, for training.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  unquantized(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    checkChannels("QuantizedAutoencoder.unquantized", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkDivisible("QuantizedAutoencoder.unquantized", pixels_BHWC, this.downsampling);
    return tf.tidy(() => this.#encoder.forward(pixels_BHWC));
  }

  /** Pixels `[B, f*h, f*w, 3]` of codes, that is raw latents, `[B, h, w, C]`, for training. */
  reconstruct(codes_BHWC: tf.Tensor4D): tf.Tensor4D {
    checkChannels("QuantizedAutoencoder.reconstruct", { name: "codes_BHWC", value: codes_BHWC }, this.latentChannels);
    return tf.tidy(() => this.#decoder.forward(codes_BHWC));
  }

  encode(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.#quantize("encode", pixels_BHWC).codes, this.#config));
  }

  encodeToIndices(pixels_BHWC: tf.Tensor4D): tf.Tensor {
    return tf.tidy(() => this.#quantize("encodeToIndices", pixels_BHWC).indices);
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    checkChannels("QuantizedAutoencoder.decode", { name: "latents_BHWC", value: latents_BHWC }, this.latentChannels);
    return tf.tidy(() => {
      const pixels = this.reconstruct(denormaliseLatents(latents_BHWC, this.#config));
      return size === undefined ? pixels : cropTo(pixels, size);
    });
  }

  decodeIndices(indices: tf.Tensor, size?: PictureSize): tf.Tensor4D {
    return tf.tidy(() => this.decode(this.indicesToLatents(indices), size));
  }

  indicesToLatents(indices: tf.Tensor): tf.Tensor4D {
    return tf.tidy(() => normaliseLatents(this.quantizer.indicesToCodes(indices) as tf.Tensor4D, this.#config));
  }

  #quantize(operation: string, pixels_BHWC: tf.Tensor4D) {
    checkChannels(`QuantizedAutoencoder.${operation}`, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    return this.quantizer.quantize(this.unquantized(padToMultiple(pixels_BHWC, this.downsampling)));
  }
}
