/** What every autoencoder with a normal posterior does, whatever its networks: ours and published ones. */
// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { checkChannels, checkDivisible, checkFinitePixels } from "../checks.ts";
import type { Layer } from "../convolutional/layer.ts";
import { hasGlobalSteps, type Runner, runWhole } from "../convolutional/steps.ts";
import type { ImageTokenizerConfig, SteppedTokenizer } from "../image-tokenizer.ts";
import { denormaliseLatents, type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";
import { cropTo, padToMultiple } from "../padding.ts";
import type { PictureSize } from "../picture.ts";

/** A normal distribution over raw (not normalised) latents, both `[B, h, w, C]`. */
export type LatentPosterior = { readonly mean: tf.Tensor4D; readonly logVariance: tf.Tensor4D };

/** What is trained: pixels to a distribution over raw latents, and raw latents to pixels. */
export interface GaussianAutoencoder {
  posterior(pixels_BHWC: tf.Tensor4D): LatentPosterior;
  reconstruct(rawLatents_BHWC: tf.Tensor4D): tf.Tensor4D;
}

/** Fields of a config that this class reads. */
type KlTokenizerConfig = ImageTokenizerConfig & { readonly latentChannels: number } & LatentStatistics;

const MIN_LOG_VARIANCE = -30;
const MAX_LOG_VARIANCE = 20;

/** A KL autoencoder: subclasses bring the config and two networks. Latent statistics are part of the config. */
export abstract class KlTokenizer<Config extends KlTokenizerConfig>
  extends Module
  implements GaussianAutoencoder, SteppedTokenizer
{
  abstract readonly downsampling: number;
  /** Pixels `[B, H, W, 3]` to means, then log variances `[B, H/f, W/f, 2C]`. */
  protected abstract readonly encoder: Layer;
  /** Raw latents `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
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
    return this.#config.latentChannels;
  }

  /** Sets what `encode` subtracts and divides by, and `decode` undoes. @throws RangeError when they do not fit the channels. */
  setLatentStatistics({ latentMean, latentStd }: LatentStatistics): void {
    this.#config = this.#resolve({ ...this.#config, latentMean, latentStd });
  }

  /**
   * Distribution over raw latents, for training; sides must be divisible by f.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  posterior(pixels_BHWC: tf.Tensor4D): LatentPosterior {
    return this.#posteriorBy(runWhole, pixels_BHWC);
  }

  #posteriorBy(run: Runner, pixels_BHWC: tf.Tensor4D): LatentPosterior {
    const operation = `${this.constructor.name}.posterior`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkDivisible(operation, pixels_BHWC, this.downsampling);
    return tf.tidy(() => {
      const moments = run(this.encoder.steps(), pixels_BHWC);
      const [mean, logVariance] = tf.split(moments, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
      return { mean, logVariance: tf.clipByValue(logVariance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE) };
    });
  }

  /** Pixels `[B, f*h, f*w, 3]` of raw latents `[B, h, w, C]`, for training. */
  reconstruct(rawLatents_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.#reconstructBy(runWhole, rawLatents_BHWC);
  }

  #reconstructBy(run: Runner, rawLatents_BHWC: tf.Tensor4D): tf.Tensor4D {
    const argument = { name: "rawLatents_BHWC", value: rawLatents_BHWC };
    checkChannels(`${this.constructor.name}.reconstruct`, argument, this.latentChannels);
    return tf.tidy(() => run(this.decoder.steps(), rawLatents_BHWC));
  }

  encode(pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D {
    return this.encodeBy(runWhole, pixels_BHWC, generator);
  }

  encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D {
    const operation = `${this.constructor.name}.encode`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkFinitePixels(operation, pixels_BHWC);
    return tf.tidy(() => {
      const posterior = this.#posteriorBy(run, padToMultiple(pixels_BHWC, this.downsampling));
      const raw = generator === undefined ? posterior.mean : samplePosterior(posterior, generator);
      return normaliseLatents(raw, this.#config);
    });
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

  get hasGlobalSteps(): boolean {
    return hasGlobalSteps(this.encoder.steps()) || hasGlobalSteps(this.decoder.steps());
  }
}

/** `mean + exp(logVariance / 2) * normal`, differentiable in both. */
export function samplePosterior({ mean, logVariance }: LatentPosterior, generator: Generator): tf.Tensor4D {
  return tf.tidy(() => {
    const normal = tf.tensor4d(generator.normalArray(mean.size), mean.shape);
    return mean.add(logVariance.mul(0.5).exp().mul(normal));
  });
}
