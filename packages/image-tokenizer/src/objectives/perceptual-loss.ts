/**
 * The perceptual distance of LPIPS (arXiv 1801.03924) over the features of any frozen network: at each place features are
 * scaled to length 1, their squared differences weighted by channel and added, averaged over places, and added over maps.
 * With `LpipsVgg16` it is LPIPS itself.
 */
// B batch, H height, W width, C channels
import { tf, withoutGradient } from "@interfuse/tensor";
import type { FeatureNetwork } from "./features/feature-network.ts";

/** Added to a feature's squared length: LPIPS adds 1e-10 to the length instead, whose gradient is not a number at zero. */
const EPSILON = 1e-10;

/** A summed distance, and what to divide it by. */
export type PerceptualLoss = { readonly lossSum: tf.Scalar; readonly numPictures: number };

/** The distances of pairs of pictures, `[B]`, differentiable in `output_BHWC`; the target counts as a constant. @throws RangeError when the shapes differ. */
export function perceptualDistances(
  network: FeatureNetwork,
  output_BHWC: tf.Tensor4D,
  target_BHWC: tf.Tensor4D,
): tf.Tensor1D {
  if (output_BHWC.shape.join() !== target_BHWC.shape.join()) {
    throw new RangeError(
      `perceptualDistances: output_BHWC (shape [${output_BHWC.shape}]) and target_BHWC (shape [${target_BHWC.shape}]) must have one shape`,
    );
  }
  return tf.tidy(() => {
    const targets = withoutGradient(() => network.features(target_BHWC).map(toUnitLength));
    const distances = network.features(output_BHWC).map((map_BHWC, layer) => {
      const differences = toUnitLength(map_BHWC)
        .sub(targets[layer] as tf.Tensor4D)
        .square();
      const weights = network.channelWeights?.[layer];
      return (weights === undefined ? differences : differences.mul(weights)).sum(3).mean<tf.Tensor1D>([1, 2]);
    });
    return tf.addN(distances) as tf.Tensor1D;
  });
}

/** The sum of the distances over a batch. @throws as {@link perceptualDistances}. */
export function perceptualLoss(
  network: FeatureNetwork,
  output_BHWC: tf.Tensor4D,
  target_BHWC: tf.Tensor4D,
): PerceptualLoss {
  const lossSum = tf.tidy(() => perceptualDistances(network, output_BHWC, target_BHWC).sum<tf.Scalar>());
  return { lossSum, numPictures: target_BHWC.shape[0] };
}

function toUnitLength(map_BHWC: tf.Tensor4D): tf.Tensor4D {
  return map_BHWC.mul(map_BHWC.square().sum(3, true).add(EPSILON).rsqrt());
}
