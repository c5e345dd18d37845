/** What every tokenizer made of an encoder and a decoder does, whatever lies between them: a posterior or a quantizer. */
// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { checkChannels, checkDivisible, checkFinitePixels } from "./checks.ts";
import type { Layer } from "./convolutional/layer.ts";
import { hasGlobalSteps, type Runner, runWhole } from "./convolutional/steps.ts";
import type { ImageTokenizerConfig, SteppedTokenizer } from "./image-tokenizer.ts";
import { denormaliseLatents, type LatentStatistics } from "./latent-statistics.ts";
import { cropTo, padToMultiple } from "./padding.ts";
import type { PictureSize } from "./picture.ts";

/** How a subclass describes itself. */
export type AutoencoderTokenizerOptions<Config> = {
  /** f. */
  readonly downsampling: number;
  /** Checks a config that is already complete. */
  readonly resolve: (config: Config) => Config;
};

/** An autoencoder: subclasses bring the config, two networks, and what lies between. Latent statistics are part of the config. */
export abstract class AutoencoderTokenizer<Config extends ImageTokenizerConfig & LatentStatistics>
  extends Module
  implements SteppedTokenizer
{
  readonly downsampling: number;
  abstract readonly latentChannels: number;
  /** Pixels `[B, H, W, 3]` to what lies between reads, `[B, H/f, W/f, ..]`. */
  protected abstract readonly encoder: Layer;
  /** Raw latents `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
  protected abstract readonly decoder: Layer;
  readonly #resolve: (config: Config) => Config;
  #config: Config;

  protected constructor(config: Config, { downsampling, resolve }: AutoencoderTokenizerOptions<Config>) {
    super();
    this.#config = config;
    this.#resolve = resolve;
    this.downsampling = downsampling;
  }

  /** The config, latent statistics included. */
  get config(): Config {
    return this.#config;
  }

  get hasGlobalSteps(): boolean {
    return hasGlobalSteps(this.encoder.steps()) || hasGlobalSteps(this.decoder.steps());
  }

  /** Sets what `encode` subtracts and divides by, and `decode` undoes. @throws RangeError when they do not fit the channels. */
  setLatentStatistics({ latentMean, latentStd }: LatentStatistics): void {
    this.#config = this.#resolve({ ...this.#config, latentMean, latentStd });
  }

  encode(pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D {
    return this.encodeBy(runWhole, pixels_BHWC, generator);
  }

  abstract encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D;

  /** Pixels `[B, f*h, f*w, 3]` of raw latents `[B, h, w, C]`, for training. @throws RangeError when the channels are not C. */
  reconstruct(rawLatents_BHWC: tf.Tensor4D): tf.Tensor4D {
    const argument = { name: "rawLatents_BHWC", value: rawLatents_BHWC };
    checkChannels(`${this.constructor.name}.reconstruct`, argument, this.latentChannels);
    return runWhole(this.decoder.steps(), rawLatents_BHWC);
  }

  decode(latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    return this.decodeBy(runWhole, latents_BHWC, size);
  }

  decodeBy(run: Runner, latents_BHWC: tf.Tensor4D, size?: PictureSize): tf.Tensor4D {
    const argument = { name: "latents_BHWC", value: latents_BHWC };
    checkChannels(`${this.constructor.name}.decode`, argument, this.latentChannels);
    return tf.tidy(() => {
      const pixels = run(this.decoder.steps(), denormaliseLatents(latents_BHWC, this.#config));
      return size === undefined ? pixels : cropTo(pixels, size);
    });
  }

  /**
   * What the encoder makes of pixels in training, for the method `name`.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  protected runEncoder(name: string, pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    const operation = `${this.constructor.name}.${name}`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkDivisible(operation, pixels_BHWC, this.downsampling);
    return runWhole(this.encoder.steps(), pixels_BHWC);
  }

  /**
   * What the encoder, run by `run`, makes of pixels of any size, which are padded; for the method `name`.
   *
   * @throws RangeError as `encode`.
   */
  protected runEncoderPadded(run: Runner, name: string, pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    const operation = `${this.constructor.name}.${name}`;
    checkChannels(operation, { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    checkFinitePixels(operation, pixels_BHWC);
    return tf.tidy(() => run(this.encoder.steps(), padToMultiple(pixels_BHWC, this.downsampling)));
  }
}
