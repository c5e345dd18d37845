import type { tf } from "@interfuse/tensor";

/** Absolute (`l1`, sharper) or squared (`l2`) differences. */
export type PixelDistance = "l1" | "l2";

/** A summed loss over pixel values. */
export type PixelLoss = {
  /** Sum over pixel values of `|x - x^|` or `(x - x^)^2`. */
  readonly lossSum: tf.Scalar;
  /** `B * H * W * 3`. */
  readonly numPixelValues: number;
};

/** The distance of two batches of pixels `[B, H, W, 3]`, differentiable in both. @throws RangeError when their shapes differ. */
export function pixelLoss(output_BHWC: tf.Tensor4D, target_BHWC: tf.Tensor4D, distance: PixelDistance): PixelLoss {
  if (output_BHWC.shape.join() !== target_BHWC.shape.join()) {
    throw new RangeError(
      `pixelLoss: output_BHWC (shape [${output_BHWC.shape}]) and target_BHWC (shape [${target_BHWC.shape}]) must have one shape`,
    );
  }
  const error = output_BHWC.sub(target_BHWC);
  return {
    lossSum: (distance === "l1" ? error.abs() : error.square()).sum<tf.Scalar>(),
    numPixelValues: target_BHWC.size,
  };
}
