/**
 * The continuous image tokenizer: a convolutional variational autoencoder whose prior hardly binds (arXiv 2112.10752).
 *
 * Departures from latent diffusion's, most for speed on a CPU: the 1x1 convolutions around the latents are left out (a
 * linear map next to a convolution), one block in the middle, no extra decoder block a level, the convolution after
 * upsampling already narrows to the next level, attention off; and latents are normalised per channel, not by one number.
 */
// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { checkChannels, checkDivisible } from "../checks.ts";
import { Decoder } from "../convolutional/decoder.ts";
import { Encoder } from "../convolutional/encoder.ts";
import { downsamplingOf } from "../convolutional/sizes.ts";
import type { ImageTokenizer } from "../image-tokenizer.ts";
import { denormaliseLatents, type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";
import { cropTo, padToMultiple } from "../padding.ts";
import type { PictureSize } from "../picture.ts";
import { type KlAutoencoderConfig, type KlAutoencoderConfigInput, resolveKlAutoencoderConfig } from "./config.ts";

/** A normal distribution over raw (not normalised) latents, both `[B, h, w, C]`. */
export type LatentPosterior = { readonly mean: tf.Tensor4D; readonly logVariance: tf.Tensor4D };

/**
 * Where log variances start: a deviation of 0.05 beside means of about 1. From 0 the decoder would first see mostly noise,
 * and took a third more steps to the same error (debug recipe, four pictures by heart).
 */
const FIRST_LOG_VARIANCE = -6;

const MIN_LOG_VARIANCE = -30;
const MAX_LOG_VARIANCE = 20;

/** A convolutional KL autoencoder. Parameters lie under `encoder.` and `decoder.`; latent statistics are part of the config. */
export class KlAutoencoder extends Module implements ImageTokenizer {
  readonly downsampling: number;
  readonly latentChannels: number;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  #config: KlAutoencoderConfig;

  /** @throws as {@link resolveKlAutoencoderConfig}. */
  constructor(input: KlAutoencoderConfigInput, generator: Generator) {
    super();
    this.#config = resolveKlAutoencoderConfig(input);
    this.downsampling = downsamplingOf(this.#config);
    this.latentChannels = this.#config.latentChannels;
    const numChannels = this.latentChannels;
    const output = {
      outputChannels: 2 * numChannels,
      initialBias: Array.from({ length: 2 * numChannels }, (_, i) => (i < numChannels ? 0 : FIRST_LOG_VARIANCE)),
    };
    this.#encoder = this.child("encoder", new Encoder(this.#config, output, generator.fork("encoder")));
    this.#decoder = this.child("decoder", new Decoder(this.#config, generator.fork("decoder")));
  }

  /** The config, latent statistics included. */
  get config(): KlAutoencoderConfig {
    return this.#config;
  }

  /** Sets what `encode` subtracts and divides by, and `decode` undoes. @throws RangeError when they do not fit the channels. */
  setLatentStatistics({ latentMean, latentStd }: LatentStatistics): void {
    this.#config = resolveKlAutoencoderConfig({ ...this.#config, latentMean, latentStd });
  }

  /**
   * Distribution over raw latents, for training; sides must be divisible by f.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  posterior(pixels_BHWC: tf.Tensor4D): LatentPosterior {
    checkChannels("KlAutoencoder.posterior", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkDivisible("KlAutoencoder.posterior", pixels_BHWC, this.downsampling);
    return tf.tidy(() => {
      const [mean, logVariance] = tf.split(this.#encoder.forward(pixels_BHWC), 2, 3) as [tf.Tensor4D, tf.Tensor4D];
      return { mean, logVariance: tf.clipByValue(logVariance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE) };
    });
  }

  /** Pixels `[B, f*h, f*w, 3]` of raw latents `[B, h, w, C]`, for training. */
  reconstruct(rawLatents_BHWC: tf.Tensor4D): tf.Tensor4D {
    checkChannels(
      "KlAutoencoder.reconstruct",
      { name: "rawLatents_BHWC", value: rawLatents_BHWC },
      this.latentChannels,
    );
    return tf.tidy(() => this.#decoder.forward(rawLatents_BHWC));
  }

  encode(pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D {
    checkChannels("KlAutoencoder.encode", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    return tf.tidy(() => {
      const posterior = this.posterior(padToMultiple(pixels_BHWC, this.downsampling));
      const raw = generator === undefined ? posterior.mean : samplePosterior(posterior, generator);
      return normaliseLatents(raw, this.#config);
    });
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    checkChannels("KlAutoencoder.decode", { name: "latents_BHWC", value: latents_BHWC }, this.latentChannels);
    return tf.tidy(() => {
      const pixels = this.reconstruct(denormaliseLatents(latents_BHWC, this.#config));
      return size === undefined ? pixels : cropTo(pixels, size);
    });
  }
}

/** `mean + exp(logVariance / 2) * normal`, differentiable in both. */
export function samplePosterior({ mean, logVariance }: LatentPosterior, generator: Generator): tf.Tensor4D {
  return tf.tidy(() => {
    const normal = tf.tensor4d(generator.normalArray(mean.size), mean.shape);
    return mean.add(logVariance.mul(0.5).exp().mul(normal));
  });
}
