import { tf } from "../tf.ts";
import { withoutTape } from "./tape.ts";

/**
 * Runs `f` with nothing recorded, as under `tf.tidy`: what it returns counts as a constant wherever gradients are taken, and
 * what it makes on the way is freed at once. (`stop_gradient` and `detach` elsewhere.)
 */
export function withoutGradient<T extends tf.TensorContainer>(f: () => T): T {
  return tf.tidy(() => withoutTape(f));
}
