// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";

/**
 * Nearest-neighbour upsampling by 2: `[B, H, W, C]` to `[B, 2H, 2W, C]`. By concatenation, which every backend has with
 * its gradient, and which keeps reduced-precision storage.
 */
export function upsampleNearest(x_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  const columns = x_BHWC.reshape([batch * height * width, 1, channels]);
  const rows = tf.concat([columns, columns], 1).reshape([batch * height, 1, 2 * width * channels]);
  return tf.concat([rows, rows], 1).reshape([batch, 2 * height, 2 * width, channels]);
}
