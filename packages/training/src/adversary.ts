/**
 * Training two modules against each other: the trainer's own and its adversary, such as an autoencoder and a discriminator.
 * A step updates the first module, whose task reads the adversary as it stands; then the adversary, whose task reads the
 * updated first one, on the same batches. Neither task gives gradients to the other's module: only a task's own module's
 * parameters are differentiated. Checkpoints hold both.
 */
import type { Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import type { TrainingTask } from "./task.ts";

/** The adversary of a trainer's task. */
export type AdversaryOptions<Batch> = {
  /**
   * Its module and losses, on the same batches. What it computes with the first module belongs in `withoutGradient`, which
   * saves memory.
   */
  readonly task: TrainingTask<Batch>;
  readonly optimizer: Optimizer;
  /** Over the steps of the run, as the trainer's own. */
  readonly schedule: Schedule;
  /** The peak learning rate, which the schedule scales. */
  readonly learningRate: number;
  /** The first step that updates it. Default 1. */
  readonly startStep?: number;
};
