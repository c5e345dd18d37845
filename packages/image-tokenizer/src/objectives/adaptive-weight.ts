/**
 * The weight that makes a second loss pull as hard as a first one at a certain layer (VQGAN, arXiv 2012.09841; VA-VAE):
 * `|gradient of the first| / (|gradient of the second| + 1e-4)` at that layer's weight, capped, as a constant.
 */
import { gradientsSoFar, tf, withoutGradient } from "@interfuse/tensor";

const EPSILON = 1e-4;

/** What to weigh. */
export type AdaptiveWeightInputs = {
  /** The loss that sets the scale, as it enters the total: a mean, weighted. */
  readonly reference: tf.Scalar;
  /** The loss to weigh, as a mean. */
  readonly loss: tf.Scalar;
  /** The weight of the last layer that both go through: the decoder's last convolution, or the encoder's. */
  readonly parameter: tf.Variable;
  /** The cap: 1e4 (default, VQGAN's) or 1e8 (VA-VAE's). */
  readonly maximum?: number;
};

/**
 * The weight, a scalar without a gradient. To call inside `lossSums` of a task, after both losses have been computed; costs
 * a backward pass of each from the loss to the layer. Both must be means over the same batch, since dividing only one by
 * its count would change the weight.
 *
 * @throws Error outside a function being differentiated; RangeError when a loss does not depend on the parameter.
 */
export function adaptiveWeight({ reference, loss, parameter, maximum = 1e4 }: AdaptiveWeightInputs): tf.Scalar {
  return tf.tidy(() => {
    const gradients = [reference, loss].map((value) => gradientsSoFar<tf.Tensor>(value, [parameter])[0] as tf.Tensor);
    return withoutGradient(() => {
      const [referenceNorm, lossNorm] = gradients.map((gradient) => gradient.square().sum().sqrt());
      return (referenceNorm as tf.Tensor)
        .div((lossNorm as tf.Tensor).add(EPSILON))
        .clipByValue(0, maximum) as tf.Scalar;
    });
  });
}
