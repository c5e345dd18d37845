import type { tf } from "@interfuse/tensor";

/**
 * What the trainer needs of an optimizer: one in-place update a step, and its state as named tensors.
 *
 * The names in `state()` are the checkpoint's tensor names; they must be the same for the same parameters and config.
 */
export interface Optimizer {
  /**
   * Updates every parameter in place from its gradient (which it does not dispose).
   * @returns the global L2 norm of the gradients before clipping, a scalar that the caller disposes.
   */
  update(gradients: ReadonlyMap<string, tf.Tensor>, options: UpdateOptions): tf.Scalar;
  /** The state as live variables, to save or to assign to. */
  state(): ReadonlyMap<string, tf.Variable>;
  dispose(): void;
}

/** What changes from step to step. `step` counts from 1 (bias correction). */
export type UpdateOptions = { readonly learningRate: number; readonly step: number };
