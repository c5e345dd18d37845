import type { tf } from "@interfuse/tensor";

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
