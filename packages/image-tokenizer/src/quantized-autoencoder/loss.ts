/** What a quantized autoencoder is trained on, as sums with their counts, so that the trainer divides once. */
import { type Generator, tf } from "@interfuse/tensor";
import { type PixelDistance, pixelLoss } from "../objectives/pixel-loss.ts";
import type { Assignments } from "../quantizers/assignments.ts";
import type { TrainableQuantized } from "./quantized-tokenizer.ts";

/** Sums over a batch, and what to divide each by. */
export type QuantizedAutoencoderLoss = {
  /** Sum over pixel values of `|x - x^|` (l1) or `(x - x^)^2` (l2). */
  readonly reconstructionLossSum: tf.Scalar;
  /** `B * H * W * 3`, the count of the reconstruction. */
  readonly numPixelValues: number;
  /** The quantizer's own losses, unweighted, each a sum over latent vectors; weigh them by `quantizer.lossWeights`. */
  readonly quantizerLossSums: Readonly<Record<string, tf.Scalar>>;
  /** `B * (H/f) * (W/f)`, the count of each of the quantizer's losses. */
  readonly numVectors: number;
};

/** How a {@link quantizedAutoencoderLoss} is taken. */
export type QuantizedAutoencoderLossOptions = {
  /** Randomness of the quantizer (quantize-dropout). */
  readonly generator: Generator;
  /** Collects what `quantizer.update` needs after the optimizer's step. */
  readonly assignments?: Assignments;
  /** `l1` (default; sharper) or `l2`. */
  readonly reconstruction?: PixelDistance;
};

/**
 * Encodes, quantizes, decodes, and sums the losses. Differentiable in the autoencoder's parameters.
 *
 * @param pixels_BHWC `[B, H, W, 3]` in [-1, 1], sides divisible by the downsampling factor.
 * @throws RangeError when the pixels do not fit.
 */
export function quantizedAutoencoderLoss(
  autoencoder: TrainableQuantized,
  pixels_BHWC: tf.Tensor4D,
  { generator, assignments, reconstruction = "l1" }: QuantizedAutoencoderLossOptions,
): QuantizedAutoencoderLoss {
  let numVectors = 0;
  const sums = tf.tidy(() => {
    const quantized = autoencoder.quantizer.quantizeForTraining(autoencoder.unquantized(pixels_BHWC), {
      generator,
      assignments,
    });
    numVectors = quantized.numVectors;
    const { lossSum } = pixelLoss(autoencoder.reconstruct(quantized.codes), pixels_BHWC, reconstruction);
    return { reconstructionLossSum: lossSum, quantizerLossSums: { ...quantized.lossSums } };
  });
  return { ...sums, numPixelValues: pixels_BHWC.size, numVectors };
}
