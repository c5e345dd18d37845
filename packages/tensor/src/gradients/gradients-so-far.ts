/**
 * Gradients in the middle of a function that is being differentiated: of a scalar it has already computed, by tensors it has
 * used on the way. For weights that balance two losses by their gradients (VQGAN's, VA-VAE's), where PyTorch programs call
 * `autograd.grad(..., retain_graph=True)`.
 */
import { tf } from "../tf.ts";
import { sweep } from "./sweep.ts";
import { isTapeOn, tapeSoFar, withoutTape } from "./tape.ts";

/**
 * The gradient of `value` by each source, as constants; only the operations between them run backwards. To call inside
 * the function given to `valueAndGrads`, whose own sweep is not affected.
 *
 * @param value A float32 scalar computed inside that function.
 * @param sources Parameters, or tensors made inside that function, that `value` depends on.
 * @throws Error when nothing is being recorded; RangeError when `value` is no scalar or does not depend on a source.
 */
export function gradientsSoFar<T extends tf.Tensor>(value: tf.Scalar, sources: readonly T[]): T[] {
  if (!isTapeOn()) {
    throw new Error("gradientsSoFar: nothing is being recorded; call it inside the function given to valueAndGrads");
  }
  if (value.size !== 1 || value.dtype !== "float32") {
    throw new RangeError(`gradientsSoFar: value (${value.dtype} of shape [${value.shape}]) must be a float32 scalar`);
  }
  const tape = tapeSoFar();
  return tf.tidy(() =>
    withoutTape(() => {
      const found = new Map<number, tf.Tensor>();
      sweep({
        tape,
        target: value,
        seed: tf.onesLike(value),
        sources,
        free: () => {},
        onGradient: (id, gradient) => found.set(id, gradient),
      });
      return sources.map((source, index) => {
        const gradient = found.get(source.id);
        if (gradient === undefined) {
          throw new RangeError(
            `gradientsSoFar: value does not depend on source ${index} (shape [${source.shape}]); name one that it was computed from`,
          );
        }
        return gradient as T;
      });
    }),
  );
}
