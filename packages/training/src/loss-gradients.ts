/** The gradients of one step: its micro-batches' losses, divided once by the counts of all of them. */
import { type Generator, tf, valueAndGrads } from "@interfuse/tensor";
import type { TrainingTask } from "./task.ts";

/** The caller disposes `gradients` and `losses`. */
export type LossGradients = {
  readonly gradients: Map<string, tf.Tensor>;
  /** Each term's mean over the step (its sum over its count), unweighted; terms whose count is 0 are absent. */
  readonly losses: Map<string, tf.Scalar>;
  readonly counts: Readonly<Record<string, number>>;
};

/**
 * Gradients of `sum over terms of weight * sum / count` over all micro-batches of a step.
 *
 * Micro-batch i draws from `generator.fork(i)`; `step` is what the task's losses get (default 1).
 * @throws RangeError when a task's counts or losses do not have the terms of `lossWeights`, or nothing in the step has a loss.
 */
export function lossGradients<Batch>(
  task: TrainingTask<Batch>,
  microBatches: readonly Batch[],
  generator: Generator,
  { step = 1 }: { readonly step?: number } = {},
): LossGradients {
  const counts = totalCounts(task, microBatches);
  const terms = Object.keys(task.lossWeights).filter((term) => (counts[term] ?? 0) > 0);
  if (terms.length === 0) {
    throw new RangeError(
      `lossGradients: no target in this step's ${microBatches.length} batches (counts ${JSON.stringify(counts)}); a batch needs text targets or images with a loss`,
    );
  }
  const parameters = task.module.parameters();
  let gradients: Map<string, tf.Tensor> | undefined;
  let losses: Map<string, tf.Scalar> | undefined;
  microBatches.forEach((batch, index) => {
    const result = valueAndGrads(
      () => scaledLosses(task, { batch, terms, counts, generator: generator.fork(index), step }),
      parameters,
    );
    const { loss, ...means } = result.outputs;
    loss.dispose();
    gradients = addInto(gradients, result.gradients);
    losses = addInto(losses, new Map(terms.map((term) => [term, means[term] as tf.Scalar])));
  });
  return { gradients: gradients ?? new Map(), losses: losses ?? new Map(), counts };
}

/** The counts of all micro-batches added up. */
function totalCounts<Batch>(task: TrainingTask<Batch>, batches: readonly Batch[]): Record<string, number> {
  const totals: Record<string, number> = Object.fromEntries(Object.keys(task.lossWeights).map((term) => [term, 0]));
  for (const batch of batches) {
    const counts = task.counts(batch);
    for (const term of Object.keys(totals)) {
      const count = counts[term];
      if (count === undefined) throw missingTerm("counts", term, counts);
      totals[term] = (totals[term] ?? 0) + count;
    }
  }
  return totals;
}

/** One micro-batch's share of each term's mean, and their weighted sum `loss`. */
function scaledLosses<Batch>(
  task: TrainingTask<Batch>,
  options: {
    batch: Batch;
    terms: readonly string[];
    counts: Record<string, number>;
    generator: Generator;
    step: number;
  },
): { loss: tf.Scalar } & Record<string, tf.Scalar> {
  const sums = task.lossSums(options.batch, options.generator, options.step);
  const means = options.terms.map((term) => {
    const sum = sums[term];
    if (sum === undefined) throw missingTerm("lossSums", term, sums);
    return [term, tf.div(sum, options.counts[term] ?? 1) as tf.Scalar] as const;
  });
  const weighted = means.map(([term, mean]) => tf.mul(mean, task.lossWeights[term] ?? 0) as tf.Scalar);
  const loss = weighted.reduce((sum, term) => tf.add(sum, term) as tf.Scalar);
  return { ...Object.fromEntries(means), loss };
}

/** Adds tensors name by name; takes over both maps' tensors. */
function addInto<T extends tf.Tensor>(sums: Map<string, T> | undefined, more: Map<string, T>): Map<string, T> {
  if (sums === undefined) return more;
  for (const [name, tensor] of more) {
    const sum = sums.get(name) as T;
    sums.set(name, tf.add(sum, tensor) as T);
    sum.dispose();
    tensor.dispose();
  }
  return sums;
}

function missingTerm(where: string, term: string, got: object): RangeError {
  return new RangeError(
    `lossGradients: the task's ${where} have no "${term}" (got ${Object.keys(got).join(", ") || "nothing"}), a key of its lossWeights`,
  );
}
