/**
 * Squares of pixels as channels, and the two shortcuts of DC-AE (arXiv 2410.10733) that change a number of channels
 * without parameters. By reshaping and transposing, which every backend has with its gradient (DepthToSpace has none).
 */
// B batch, H height, W width, C channels
import { tf } from "@interfuse/tensor";

/**
 * `[B, H, W, C]` to `[B, H/2, W/2, 4C]`: the 2 x 2 pixels of a square become neighbouring channels, `4c + 2y + x`, as
 * PyTorch's `pixel_unshuffle` orders them.
 */
export function spaceToChannels(x_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return x_BHWC
    .reshape([batch, height / 2, 2, width / 2, 2, channels])
    .transpose([0, 1, 3, 5, 2, 4])
    .reshape([batch, height / 2, width / 2, 4 * channels]);
}

/** `[B, H, W, 4C]` to `[B, 2H, 2W, C]`: undoes {@link spaceToChannels}. */
export function channelsToSpace(x_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return x_BHWC
    .reshape([batch, height, width, channels / 4, 2, 2])
    .transpose([0, 1, 4, 2, 5, 3])
    .reshape([batch, 2 * height, 2 * width, channels / 4]);
}

/** Means over consecutive groups of channels, `outputChannels` groups in all. */
export function averageChannels(x_BHWC: tf.Tensor4D, outputChannels: number): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return x_BHWC.reshape([batch, height, width, outputChannels, channels / outputChannels]).mean(4);
}

/** Each channel several times in a row, `outputChannels` in all. */
export function repeatChannels(x_BHWC: tf.Tensor4D, outputChannels: number): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  const column = x_BHWC.reshape([x_BHWC.size, 1]);
  const columns = Array.from({ length: outputChannels / channels }, () => column);
  return tf.concat(columns, 1).reshape([batch, height, width, outputChannels]);
}
