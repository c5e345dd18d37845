/**
 * Overwrites rows of a buffer in place: how a key/value cache grows.
 *
 * Kernel `WriteRows`: { buffer [S,...], rows [R,...] }; { slots: Int32Array(R) } -> buffer (the same data)
 * The kernel first copies what a clone or a view shares. No gradient.
 */
// S slots, R rows
import { tf } from "../tf.ts";
import { requireShape } from "./checks.ts";
import { hasFusedKernel, requireNoTape, runKernel } from "./dispatch.ts";

/**
 * buffer[slots[i]] = rows[i] for each of R rows, in place. Slots must differ from one another; clones of the buffer
 * keep their old values.
 * @throws RangeError when the shapes do not fit or a slot lies outside the buffer; Error under a gradient tape.
 */
export function writeRows(buffer: tf.Variable, rows: tf.Tensor, slots: Int32Array): void {
  requireNoTape("writeRows");
  const numSlots = buffer.shape[0] ?? 0;
  requireShape("writeRows", "rows", rows, [slots.length, ...buffer.shape.slice(1)]);
  for (const slot of slots) {
    if (slot < 0 || slot >= numSlots) throw new RangeError(`writeRows: slot (=${slot}) must lie in [0, ${numSlots})`);
  }
  if (slots.length === 0) return;
  if (hasFusedKernel("WriteRows")) {
    runKernel("WriteRows", { buffer, rows }, { slots }).dispose();
    return;
  }
  tf.tidy(() => {
    const indices = tf.tensor2d(slots, [slots.length, 1], "int32");
    buffer.assign(tf.tensorScatterUpdate(buffer, indices, rows));
  });
}
