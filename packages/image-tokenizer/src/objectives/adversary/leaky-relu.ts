import { tf } from "@interfuse/tensor";

/** x where it is positive, else `slope * x`; from operations with second derivatives, which `tf.leakyRelu` lacks. */
export function leakyRelu<T extends tf.Tensor>(x: T, slope = 0.2): T {
  return tf.tidy(() => x.mul(slope).add(tf.relu(x).mul(1 - slope)) as T);
}
