/**
 * Activation checkpointing (arXiv 1604.06174): a part of the model keeps only its inputs and is run again when its
 * gradient is due, which trades one more forward pass for the memory of its intermediate results.
 */
import { tf } from "../tf.ts";
import { sweep } from "./sweep.ts";
import { isTapeOn, record, withoutTape } from "./tape.ts";

/**
 * f(...inputs), without holding on to what f computes on the way. Gradients flow to `inputs` (float32) and to
 * `parameters`; anything else that f uses by closure counts as a constant. f must be pure: it runs again in the sweep.
 * @throws Error in the sweep when f's result depends on none of them, or under a second tape.
 */
export function checkpoint<T extends tf.Tensor>(
  f: (...inputs: tf.Tensor[]) => T,
  inputs: tf.Tensor[],
  parameters: ReadonlyMap<string, tf.Variable>,
): T {
  if (!isTapeOn()) return tf.tidy(() => f(...inputs));
  const variables = [...parameters.values()];
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.at(-1) as tf.GradSaveFunc;
    save(inputs);
    return {
      value: f(...inputs),
      gradFunc: (dy: tf.Tensor, savedInputs: tf.Tensor[]) => {
        if (isTapeOn()) throw new Error("checkpoint: cannot be differentiated twice; call f directly");
        return gradientsOf(() => f(...savedInputs), [...savedInputs, ...variables], dy);
      },
    };
  });
  return run(...inputs, ...variables) as T;
}

/** The gradients of every source when that of f's result is `dy`; zeros for a source out of reach. */
function gradientsOf(f: () => tf.Tensor, sources: tf.Tensor[], dy: tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    const { result, tape } = record(f);
    const found = new Map<number, tf.Tensor>();
    withoutTape(() =>
      sweep({
        tape,
        target: result,
        seed: dy,
        sources,
        free: (node) => {
          tf.dispose(node.saved);
          for (const output of node.outputs) if (!output.kept) output.dispose();
        },
        onGradient: (id, gradient) => found.set(id, gradient),
      }),
    );
    return sources.map((source) => found.get(source.id) ?? tf.zeros(source.shape));
  });
}
