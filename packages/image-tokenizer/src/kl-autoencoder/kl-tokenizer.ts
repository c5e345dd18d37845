/** What every autoencoder with a normal posterior does, whatever its networks: ours and published ones. */
// B batch, H height, W width, C latent channels; f downsampling
import { drawNormal, type Generator, tf, withoutGradients } from "@interfuse/tensor";
import { AutoencoderTokenizer } from "../autoencoder-tokenizer.ts";
import type { Runner } from "../convolutional/steps.ts";
import type { ImageTokenizerConfig } from "../image-tokenizer.ts";
import { type LatentStatistics, normaliseLatents } from "../latent-statistics.ts";

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

/** A KL autoencoder: subclasses bring the config and two networks; the encoder gives means, then log variances, `2C` channels. */
export abstract class KlTokenizer<Config extends KlTokenizerConfig>
  extends AutoencoderTokenizer<Config>
  implements GaussianAutoencoder
{
  get latentChannels(): number {
    return this.config.latentChannels;
  }

  /**
   * Distribution over raw latents, for training; sides must be divisible by f.
   *
   * @throws RangeError when the channels are not 3 or f does not divide a side.
   */
  posterior(pixels_BHWC: tf.Tensor4D): LatentPosterior {
    return tf.tidy(() => toPosterior(this.runEncoder("posterior", pixels_BHWC)));
  }

  encodeBy(run: Runner, pixels_BHWC: tf.Tensor4D, generator?: Generator): tf.Tensor4D {
    return tf.tidy(() => {
      const posterior = toPosterior(this.runEncoderPadded(run, "encode", pixels_BHWC));
      const raw = generator === undefined ? posterior.mean : samplePosterior(posterior, generator);
      return normaliseLatents(raw, this.config);
    });
  }
}

/** The distribution that an encoder's channels stand for. */
function toPosterior(moments_BHWC: tf.Tensor4D): LatentPosterior {
  const [mean, logVariance] = tf.split(moments_BHWC, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
  return { mean, logVariance: tf.clipByValue(logVariance, MIN_LOG_VARIANCE, MAX_LOG_VARIANCE) };
}

/** `mean + exp(logVariance / 2) * normal`, differentiable in both. */
export function samplePosterior({ mean, logVariance }: LatentPosterior, generator: Generator): tf.Tensor4D {
  return tf.tidy(() => {
    const normal = withoutGradients(() =>
      drawNormal([{ generator, count: mean.size }]).reshape<tf.Tensor4D>(mean.shape),
    );
    return mean.add(logVariance.mul(0.5).exp().mul(normal));
  });
}
