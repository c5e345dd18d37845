import { tf } from "@interfuse/tensor";

/** As in `torch.nn.functional.normalize`. */
const SMALLEST_LENGTH = 1e-12;

/** `x / max(|x|, 1e-12)` along the last axis. Differentiable, with gradient `dy * 1e12` where x is 0. */
export function normalizeLastAxis<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => {
    const squares = tf.maximum(x.square().sum(-1, true), SMALLEST_LENGTH ** 2);
    return x.mul(squares.rsqrt()) as T;
  });
}
