/** What a quantizer is handed from outside: widths, and where the backend can be read at once, values. */
// N vectors, C channels; .. any axes
import { readAtOnce, tf } from "@interfuse/tensor";

/** @throws TypeError when `latents` are no tensor; RangeError when their last axis is not `dim` long, or there are none. */
export function requireWidth(operation: string, latents: tf.Tensor, dim: number): void {
  if (!(latents instanceof tf.Tensor)) throw new TypeError(`${operation}: latents must be a tensor; make one of them`);
  const width = latents.shape.at(-1);
  if (latents.rank < 2 || width !== dim) {
    throw new RangeError(
      `${operation}: latents (shape [${latents.shape}]) must end in the quantizer's dim (=${dim}); channels come last`,
    );
  }
  if (latents.size === 0) {
    throw new RangeError(`${operation}: latents (shape [${latents.shape}]) must have at least one vector`);
  }
}

/** @throws RangeError naming the first value that is not finite; nothing is read on WebGPU. */
export function requireFinite(operation: string, latents: tf.Tensor): void {
  // Zero times anything finite is zero; one number is read instead of all.
  const sum = tf.tidy(() => readAtOnce(latents.mul(0).sum()));
  if (sum === undefined || sum[0] === 0) return;
  const values = readAtOnce(latents)!;
  const position = values.findIndex((value) => !Number.isFinite(value));
  throw new RangeError(
    `${operation}: latents[${position}] (=${values[position]}) must be finite, among ${values.length} values; the encoder that made it has diverged`,
  );
}

/**
 * @throws TypeError when `indices` are not int32; RangeError naming the first outside [`lowest`, `numCodes`), except on
 *   WebGPU, where nothing is read.
 */
export function requireIndices(
  operation: string,
  indices: tf.Tensor,
  { numCodes, lowest = 0 }: { numCodes: number; lowest?: number },
): void {
  if (indices.dtype !== "int32") {
    throw new TypeError(`${operation}: indices (dtype ${indices.dtype}) must be int32; cast them`);
  }
  const isCode = (value: number): boolean => value >= lowest && value < numCodes;
  const position = readAtOnce(indices)?.findIndex((value) => !isCode(value)) ?? -1;
  if (position === -1) return;
  throw new RangeError(
    `${operation}: indices[${position}] (=${readAtOnce(indices)![position]}) must lie in [${lowest}, ${numCodes}), the quantizer's codes`,
  );
}
