/** What a quantizer is handed from outside: widths, and where the backend can be read at once, values. */
// N vectors, C channels; .. any axes
import { tf } from "@interfuse/tensor";

/** @throws RangeError when the last axis of `latents` is not `dim` long. */
export function requireWidth(operation: string, latents: tf.Tensor, dim: number): void {
  const width = latents.shape.at(-1);
  if (latents.rank < 2 || width !== dim) {
    throw new RangeError(
      `${operation}: latents (shape [${latents.shape}]) must end in the quantizer's dim (=${dim}); channels come last`,
    );
  }
}

/** @throws RangeError naming the first value that is not finite. */
export function requireFinite(operation: string, latents: tf.Tensor): void {
  if (!canReadAtOnce()) return;
  // Zero times anything finite is zero; one number is read instead of all.
  const sum = tf.tidy(() => latents.mul(0).sum().dataSync()[0]);
  if (sum === 0) return;
  const values = latents.dataSync();
  const position = values.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(
    `${operation}: latents[${position}] (=${values[position]}) must be finite, among ${values.length} values; the encoder that made it has diverged`,
  );
}

/** @throws TypeError when `indices` are not int32; RangeError naming the first outside [`lowest`, `numCodes`). */
export function requireIndices(
  operation: string,
  indices: tf.Tensor,
  { numCodes, lowest = 0 }: { numCodes: number; lowest?: number },
): void {
  if (indices.dtype !== "int32") {
    throw new TypeError(`${operation}: indices (dtype ${indices.dtype}) must be int32; cast them`);
  }
  if (!canReadAtOnce()) return;
  const [min, max] = tf.tidy(() => [indices.min().dataSync()[0], indices.max().dataSync()[0]] as [number, number]);
  if (min >= lowest && max < numCodes) return;
  const values = indices.dataSync();
  const position = values.findIndex((value) => !(value >= lowest && value < numCodes));
  throw new RangeError(
    `${operation}: indices[${position}] (=${values[position]}) must lie in [${lowest}, ${numCodes}), the quantizer's codes`,
  );
}

/** WebGPU can only be read asynchronously (DESIGN: no synchronous read in a browser); every other backend holds memory of this process or waits for its device anyway. */
function canReadAtOnce(): boolean {
  return tf.getBackend() !== "webgpu";
}
