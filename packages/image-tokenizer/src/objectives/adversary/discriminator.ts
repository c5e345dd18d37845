// B batch, H height, W width, N scores a picture
import type { Module, tf } from "@interfuse/tensor";

/**
 * Tells real pictures (high scores) from made ones. Its forward pass uses {@link TWICE_DIFFERENTIABLE_KERNELS} only. Train it in
 * f32: gradients of paired scores cancel, and bf16 leaves rounding errors of a third of them.
 */
export interface Discriminator extends Module {
  /** Scores `[B, N]` of pixels `[B, H, W, 3]` in [-1, 1]: one a picture, or one a patch. */
  forward(pixels_BHWC: tf.Tensor4D): tf.Tensor2D;
}

/** Real pictures and their reconstructions, `[B, H, W, 3]` each, paired by their place in the batch. */
export type RealAndFake = { readonly real_BHWC: tf.Tensor4D; readonly fake_BHWC: tf.Tensor4D };
