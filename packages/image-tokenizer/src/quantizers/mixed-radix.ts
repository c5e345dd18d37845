/**
 * Indices as numbers of mixed radix and back, in float32, which every backend computes alike. Exact below 2^22: a whole
 * number is exact, and `(index + 0.5) / place` lies too far from the next whole number to be rounded onto it.
 */
// .. any axes, C digits
import { tf } from "@interfuse/tensor";

/** A digit's radix and the place value it is multiplied by. */
export type Digit = { readonly radix: number; readonly place: number };

/** int32 `[..]`: sum of digit times place. Digits `[.., C]` are whole numbers in float32. */
export function digitsToIndices(digits: tf.Tensor, system: readonly Digit[]): tf.Tensor {
  return tf.tidy(() =>
    digits
      .mul(tf.tensor1d(system.map(({ place }) => place)))
      .sum(-1)
      .round()
      .toInt(),
  );
}

/** Digits `[.., C]` in float32 of int32 indices `[..]`. */
export function indicesToDigits(indices: tf.Tensor, system: readonly Digit[]): tf.Tensor {
  return tf.tidy(() => {
    const middle = indices.toFloat().add(0.5).expandDims(-1);
    const quotient = (places: number[]): tf.Tensor => middle.div(tf.tensor1d(places)).floor();
    const radices = tf.tensor1d(system.map(({ radix }) => radix));
    const above = quotient(system.map(({ radix, place }) => radix * place));
    return quotient(system.map(({ place }) => place)).sub(above.mul(radices));
  });
}
