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
