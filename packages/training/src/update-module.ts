/** One update of one module from a step's batches: its losses and gradients, and the optimizer's step. */
import type { Generator, tf } from "@interfuse/tensor";
import { lossGradients } from "./loss-gradients.ts";
import type { Optimizer } from "./optimizer.ts";
import type { TrainingTask } from "./task.ts";

/** What an update is made of. */
export type UpdateInputs<Batch> = {
  readonly task: TrainingTask<Batch>;
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly batches: readonly Batch[];
  readonly generator: Generator;
  /** The step's number, from 1, which the task's losses get. */
  readonly step: number;
  /** The number of updates this optimizer will have made, from 1. */
  readonly updateNumber: number;
  /** Makes the error for something that is not finite. */
  readonly nonFinite: (what: string, values: Readonly<Record<string, number>>) => Promise<Error>;
};

/** What an update tells. */
export type UpdateReport = {
  /** The weighted sum that was minimised. */
  readonly loss: number;
  /** Each term's mean, unweighted; terms without a target in this step are absent. */
  readonly losses: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** The global gradient norm before clipping. */
  readonly gradNorm: number;
};

/** Updates the task's module. @throws what `nonFinite` makes, before the update for a loss, after it for a gradient. */
export async function updateModule<Batch>(inputs: UpdateInputs<Batch>): Promise<UpdateReport> {
  const { task, optimizer, learningRate, batches, generator, step, updateNumber, nonFinite } = inputs;
  const { gradients, losses: lossTensors, counts } = lossGradients(task, batches, generator, { step });
  const losses = await readLosses(lossTensors);
  const loss = Object.entries(losses).reduce((sum, [term, mean]) => sum + (task.lossWeights[term] ?? 0) * mean, 0);
  if (!Number.isFinite(loss)) {
    for (const gradient of gradients.values()) gradient.dispose();
    throw await nonFinite("loss", losses);
  }
  const norm = optimizer.update(gradients, { learningRate, step: updateNumber });
  for (const gradient of gradients.values()) gradient.dispose();
  const gradNorm = (await norm.data())[0] as number;
  norm.dispose();
  if (!Number.isFinite(gradNorm)) throw await nonFinite("gradient norm", { gradNorm, ...losses });
  return { loss, losses, counts, learningRate, gradNorm };
}

/** Reads and disposes the step's losses. */
async function readLosses(tensors: ReadonlyMap<string, tf.Scalar>): Promise<Record<string, number>> {
  const losses: Record<string, number> = {};
  for (const [term, tensor] of tensors) {
    losses[term] = (await tensor.data())[0] as number;
    tensor.dispose();
  }
  return losses;
}
