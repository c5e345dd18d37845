/** Helpers of this package's tests; not exported from the package. */
import * as tf from "@tensorflow/tfjs";
import { registerTorchBackend } from "./register.ts";

/** Registers and selects backend `torch` with one thread. */
export function useTorch(): void {
  registerTorchBackend({ threads: 1, precision: "f32" });
  tf.setBackend("torch");
}

/** A reproducible array of numbers in [low, high): a small linear congruential generator. */
export function numbers(
  size: number,
  { seed = 1, low = -1, high = 1 }: { seed?: number; low?: number; high?: number } = {},
): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * state) / 2 ** 32;
  });
}

/** A tensor of `numbers`. */
export function tensor(shape: number[], options?: { seed?: number; low?: number; high?: number }): tf.Tensor {
  return tf.tensor(numbers(tf.util.sizeFromShape(shape), options), shape);
}

/** What a program computes on one backend: values, shapes and types of its results, and how many tensors it leaves. */
export interface Outcome {
  readonly values: number[][];
  readonly shapes: number[][];
  readonly dtypes: string[];
}

/** Runs `program` on a backend and reads its results. */
export function outcomeOn(backend: string, program: () => tf.Tensor | tf.Tensor[]): Outcome {
  tf.setBackend(backend);
  return tf.tidy(() => {
    const results = [program()].flat() as tf.Tensor[];
    return {
      values: results.map((result) => Array.from(result.dataSync())),
      shapes: results.map((result) => result.shape),
      dtypes: results.map((result) => result.dtype),
    };
  });
}

/** The largest |a - b| / (1 + |b|); infinite when lengths or NaNs differ. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const a = actual[i] as number;
    const e = expected[i] as number;
    if (Object.is(a, e) || a === e) continue;
    const error = Math.abs(a - e) / (1 + Math.abs(e));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return worst;
}
