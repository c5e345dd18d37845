/**
 * The continuous image tokenizer: a convolutional variational autoencoder whose prior hardly binds (arXiv 2112.10752).
 *
 * Departures from latent diffusion's, most for speed on a CPU: the 1x1 convolutions around the latents are left out (a
 * linear map next to a convolution), one block in the middle, no extra decoder block a level, the convolution after
 * upsampling already narrows to the next level, attention off; and latents are normalised per channel, not by one number.
 */
// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { checkChannels } from "../checks.ts";
import type { ImageTokenizer } from "../image-tokenizer.ts";
import { cropTo, padToMultiple } from "../padding.ts";
import type { PictureSize } from "../picture.ts";
import {
  downsamplingOf,
  type KlAutoencoderConfig,
  type KlAutoencoderConfigInput,
  resolveKlAutoencoderConfig,
} from "./config.ts";
import { Decoder } from "./decoder.ts";
import { Encoder } from "./encoder.ts";

/** A normal distribution over raw (not normalised) latents, both `[B, h, w, C]`. */
export type LatentPosterior = { readonly mean: tf.Tensor4D; readonly logVariance: tf.Tensor4D };

/** Mean and standard deviation of each channel of the raw latents. */
export type LatentStatistics = Pick<KlAutoencoderConfig, "latentMean" | "latentStd">;

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
    this.#encoder = this.child("encoder", new Encoder(this.#config, generator.fork("encoder")));
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
    const [, height, width] = pixels_BHWC.shape;
    if (height % this.downsampling !== 0 || width % this.downsampling !== 0) {
      throw new RangeError(
        `KlAutoencoder.posterior: height (=${height}) and width (=${width}) must be divisible by the downsampling factor (=${this.downsampling}); crop, or use padToMultiple`,
      );
    }
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
      const { latentMean, latentStd } = this.#config;
      return raw.sub(tf.tensor1d([...latentMean])).div<tf.Tensor4D>(tf.tensor1d([...latentStd]));
    });
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    checkChannels("KlAutoencoder.decode", { name: "latents_BHWC", value: latents_BHWC }, this.latentChannels);
    return tf.tidy(() => {
      const { latentMean, latentStd } = this.#config;
      const raw = latents_BHWC.mul(tf.tensor1d([...latentStd])).add<tf.Tensor4D>(tf.tensor1d([...latentMean]));
      const pixels = this.reconstruct(raw);
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
