import { readAtOnce, type tf, withoutGradients } from "@interfuse/tensor";

/** @throws RangeError when the last axis of `tensor`, the argument `name` of `operation`, is not `channels` long. */
export function checkChannels(operation: string, tensor: { name: string; value: tf.Tensor4D }, channels: number): void {
  const actual = tensor.value.shape[3];
  if (tensor.value.rank !== 4 || actual !== channels) {
    throw new RangeError(
      `${operation}: ${tensor.name} has shape [${tensor.value.shape}]; it must be [B, H, W, ${channels}] (channels last)`,
    );
  }
}

/** @throws RangeError when `factor` does not divide the height and width of pixels that `operation` was given. */
export function checkDivisible(operation: string, pixels_BHWC: tf.Tensor4D, factor: number): void {
  const [, height, width] = pixels_BHWC.shape;
  if (height % factor === 0 && width % factor === 0) return;
  throw new RangeError(
    `${operation}: height (=${height}) and width (=${width}) must be divisible by the downsampling factor (=${factor}); crop, or use padToMultiple`,
  );
}

/**
 * Reads one number, the sum of all: it is finite when every pixel is.
 *
 * @throws RangeError naming the first pixel that is not finite; nothing is read on WebGPU.
 */
export function checkFinitePixels(operation: string, pixels_BHWC: tf.Tensor4D): void {
  const sum = withoutGradients(() => pixels_BHWC.sum());
  const total = readAtOnce(sum)?.[0];
  sum.dispose();
  if (total === undefined || Number.isFinite(total)) return;
  const values = readAtOnce(pixels_BHWC) as Float32Array;
  const position = values.findIndex((value) => !Number.isFinite(value));
  if (position === -1) return;
  const [, height, width, channels] = pixels_BHWC.shape;
  const [channel, column] = [position % channels, Math.floor(position / channels) % width];
  const row = Math.floor(position / (channels * width)) % height;
  const picture = Math.floor(position / (channels * width * height));
  throw new RangeError(
    `${operation}: pixels_BHWC[${picture}, ${row}, ${column}, ${channel}] (=${values[position]}) must be a number in [-1, 1]; pixels that a model made have diverged, others want another scaling`,
  );
}
