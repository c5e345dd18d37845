// B batch, H height, W width, C channels
import type { tf } from "@interfuse/tensor";

/** A frozen network whose features are compared instead of pixels: gives gradients to the pixels, never to its own weights. */
export interface FeatureNetwork {
  /** What to state beside a figure measured with it. */
  readonly name: string;
  /** Feature maps `[B, h, w, C]` of pixels `[B, H, W, 3]` in [-1, 1], shallow first. Differentiable in the pixels. */
  features(pixels_BHWC: tf.Tensor4D): tf.Tensor4D[];
  /** A weight for each channel of each map, `[C]`, in perceptual distances; absent: all 1. */
  readonly channelWeights?: readonly tf.Tensor1D[] | undefined;
  dispose(): void;
}
