/**
 * One run of an autoencoder in training, which every loss reads: what came out, what it is compared with, and the latents
 * in between. So that reconstruction, perceptual, adversarial and latent losses share one encoder and decoder run.
 */
// B batch, H height, W width, C channels; f downsampling
import type { Generator, tf } from "@interfuse/tensor";
import { type GaussianAutoencoder, type LatentPosterior, samplePosterior } from "../kl-autoencoder/kl-tokenizer.ts";
import type { TrainableQuantized } from "../quantized-autoencoder/quantized-tokenizer.ts";
import type { Assignments } from "../quantizers/assignments.ts";
import type { TrainingQuantization } from "../quantizers/quantizer.ts";

/** What the losses need of an autoencoder. */
export type TrainableAutoencoder = {
  /**
   * Raw latents `[B, H/f, W/f, C]` of pixels `[B, H, W, 3]`: of a KL autoencoder a sample of the posterior, of one with a
   * quantizer what goes into it.
   */
  readonly encode: (pixels_BHWC: tf.Tensor4D) => tf.Tensor4D;
  /** Pixels of raw latents, through the quantizer where there is one. */
  readonly decode: (latents_BHWC: tf.Tensor4D) => tf.Tensor4D;
};

/** What one run gives. */
export type AutoencoderPass = {
  /** Raw latents of the (whole, upright) pixels. */
  readonly latents_BHWC: tf.Tensor4D;
  /** What the decoder made. */
  readonly reconstruction_BHWC: tf.Tensor4D;
  /** What it should have made. */
  readonly target_BHWC: tf.Tensor4D;
};

/** Encodes and decodes `[B, H, W, 3]`; the target is the pixels themselves. */
export function runAutoencoder({ encode, decode }: TrainableAutoencoder, pixels_BHWC: tf.Tensor4D): AutoencoderPass {
  const latents_BHWC = encode(pixels_BHWC);
  return { latents_BHWC, reconstruction_BHWC: decode(latents_BHWC), target_BHWC: pixels_BHWC };
}

/** A KL autoencoder for the losses. `onPosterior` gets the distribution of every encoded batch, for the KL loss. */
export function trainableKl(
  autoencoder: GaussianAutoencoder,
  generator: Generator,
  onPosterior: (posterior: LatentPosterior) => void = () => {},
): TrainableAutoencoder {
  return {
    encode: (pixels_BHWC) => {
      const posterior = autoencoder.posterior(pixels_BHWC);
      onPosterior(posterior);
      return samplePosterior(posterior, generator);
    },
    decode: (latents_BHWC) => autoencoder.reconstruct(latents_BHWC),
  };
}

/** What a {@link trainableQuantized} needs of a step. */
export type TrainableQuantizedOptions = {
  /** Randomness of the quantizer (quantize-dropout). */
  readonly generator: Generator;
  /** Collects what `quantizer.update` needs after the optimizer's step. */
  readonly assignments?: Assignments;
  /** Gets every decoded batch's quantization, for the quantizer's own losses. */
  readonly onQuantization?: (quantization: TrainingQuantization<tf.Tensor4D>) => void;
};

/** An autoencoder with a quantizer for the losses: latents are changed before they are quantized. */
export function trainableQuantized(
  autoencoder: TrainableQuantized,
  { generator, assignments, onQuantization = () => {} }: TrainableQuantizedOptions,
): TrainableAutoencoder {
  return {
    encode: (pixels_BHWC) => autoencoder.unquantized(pixels_BHWC),
    decode: (latents_BHWC) => {
      const quantization = autoencoder.quantizer.quantizeForTraining(latents_BHWC, { generator, assignments });
      onQuantization(quantization);
      return autoencoder.reconstruct(quantization.codes);
    },
  };
}
