/** Shape checks of the public ops: they run in TypeScript, before anything crosses into a backend. */
import type { tf } from "../tf.ts";

/** @throws RangeError unless the tensor has as many axes as `axes` names, as in "[L,N,K]". */
export function requireRank(op: string, name: string, tensor: tf.Tensor, axes: string): void {
  if (tensor.rank !== axes.split(",").length) {
    throw new RangeError(`${op}: ${name} (shape [${tensor.shape}]) must have shape ${axes}`);
  }
}

/** @throws RangeError unless the tensor has exactly this shape. */
export function requireShape(op: string, name: string, tensor: tf.Tensor, shape: readonly number[]): void {
  if (tensor.rank !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis])) {
    throw new RangeError(`${op}: ${name} (shape [${tensor.shape}]) must have shape [${shape}]`);
  }
}

/** @throws TypeError unless the tensor has this dtype. */
export function requireDtype(op: string, name: string, tensor: tf.Tensor, dtype: tf.DataType): void {
  if (tensor.dtype !== dtype) {
    throw new TypeError(`${op}: ${name} (dtype ${tensor.dtype}) must have dtype ${dtype}`);
  }
}

/** The size of the last axis. @throws RangeError for a scalar. */
export function lastAxis(op: string, name: string, tensor: tf.Tensor): number {
  const size = tensor.shape[tensor.rank - 1];
  if (size === undefined) throw new RangeError(`${op}: ${name} (a scalar) must have at least one axis`);
  return size;
}

/** @throws RangeError unless x is [B,H,W,C] and C can be split into `groups`. */
export function requireGroups(op: string, x: tf.Tensor4D, groups: number): void {
  requireRank(op, "x", x, "[B,H,W,C]");
  requirePositiveInteger(op, "groups", groups);
  const channels = x.shape[3];
  if (channels % groups !== 0) {
    throw new RangeError(`${op}: channels (=${channels}) must be divisible by groups (=${groups})`);
  }
}

/** @throws RangeError unless the number counts something. */
export function requirePositiveInteger(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(`${op}: ${name} (=${value}) must be a positive integer`);
}

/** @throws RangeError for an activation that the op does not have. */
export function requireActivation(op: string, activation: "none" | "silu"): void {
  if (activation === "none" || activation === "silu") return;
  throw new RangeError(`${op}: activation (="${activation}") must be "none" or "silu"`);
}
