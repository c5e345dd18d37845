import { tf } from "./tf.ts";

/**
 * The values of a tensor, or undefined on WebGPU, which would give zeros. For checks of what was handed in, which throw
 * where they can; what a result depends on awaits `data()`.
 */
export function readAtOnce(tensor: tf.Tensor): Float32Array | Int32Array | Uint8Array | undefined {
  return tf.getBackend() === "webgpu" ? undefined : tensor.dataSync();
}
