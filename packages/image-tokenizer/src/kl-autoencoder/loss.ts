/**
 * What a KL autoencoder is trained on, as sums with one count, so that the trainer divides once by the count of the
 * whole (accumulated, distributed) batch.
 *
 * Both sums are divided by the number of **pixel values**. Published KL weights (1e-6, arXiv 2112.10752) belong to sums:
 * `sum of |x - x^| + 1e-6 * sum of KL`, and dividing both sums by one count leaves that ratio alone. Averaging the KL over
 * latents instead, beside a reconstruction averaged over pixels, would weigh it `numPixelValues / numLatentValues` times
 * more: 12 times for 32x32 pixels and 8x8x4 latents, where the same strength is 8.3e-8.
 */
import { type Generator, tf } from "@interfuse/tensor";
import { type PixelDistance, pixelLoss } from "../objectives/pixel-loss.ts";
import { type GaussianAutoencoder, type LatentPosterior, samplePosterior } from "./kl-tokenizer.ts";

/** The weight of the KL sum beside the reconstruction sum, as in latent diffusion. */
export const KL_WEIGHT = 1e-6;

/** Sums over a batch, and what to divide both by. */
export type KlAutoencoderLoss = {
  /** Sum over pixel values of `|x - x^|` (l1) or `(x - x^)^2` (l2). */
  readonly reconstructionLossSum: tf.Scalar;
  /** Sum over latent values of `(mean^2 + variance - 1 - ln variance) / 2`, in nats. */
  readonly klLossSum: tf.Scalar;
  /** `B * H * W * 3`, the count of both. */
  readonly numPixelValues: number;
};

/**
 * Encodes, samples the posterior, decodes, and sums the losses. Differentiable in the autoencoder's parameters.
 *
 * @param autoencoder What is trained.
 * @param pixels_BHWC `[B, H, W, 3]` in [-1, 1], sides divisible by the downsampling factor.
 * @param generator Noise of the posterior sample.
 * @param options `reconstruction`: `l1` (default; sharper) or `l2`.
 * @throws RangeError when the pixels do not fit.
 */
export function klAutoencoderLoss(
  autoencoder: GaussianAutoencoder,
  pixels_BHWC: tf.Tensor4D,
  generator: Generator,
  { reconstruction = "l1" }: { readonly reconstruction?: PixelDistance } = {},
): KlAutoencoderLoss {
  const sums = tf.tidy(() => {
    const posterior = autoencoder.posterior(pixels_BHWC);
    const output_BHWC = autoencoder.reconstruct(samplePosterior(posterior, generator));
    const { lossSum: reconstructionLossSum } = pixelLoss(output_BHWC, pixels_BHWC, reconstruction);
    return { reconstructionLossSum, klLossSum: klLoss(posterior) };
  });
  return { ...sums, numPixelValues: pixels_BHWC.size };
}

/** The divergence from a standard normal distribution, summed over latent values, in nats. */
export function klLoss({ mean, logVariance }: LatentPosterior): tf.Scalar {
  return tf.tidy(() => mean.square().add(logVariance.exp()).sub(1).sub(logVariance).sum().mul<tf.Scalar>(0.5));
}
