import type { Generator, Module, tf } from "@interfuse/tensor";

/**
 * What is trained: a module and how a batch is scored.
 *
 * Losses are **sums with counts**. The trainer adds the counts of all micro-batches of a step first and divides once:
 * `loss = sum over terms k of lossWeights[k] * lossSums[k] / count[k]`, so that the result does not depend on how a step's
 * examples were split. A term whose count is 0 in a step contributes nothing.
 */
export interface TrainingTask<Batch> {
  readonly module: Module;
  /** The weight of each loss term; its keys are the names of all terms. */
  readonly lossWeights: Readonly<Record<string, number>>;
  /** How many things (targets, images) each term sums over in this batch; the same keys as `lossWeights`. */
  counts(batch: Batch): Readonly<Record<string, number>>;
  /**
   * The summed losses, differentiable scalars; the same keys. All randomness comes from `generator`; `step` is the update's
   * number, from 1, for terms that change over a run.
   */
  lossSums(batch: Batch, generator: Generator, step: number): Readonly<Record<string, tf.Scalar>>;
  /**
   * What a step changes beside the optimizer's update, called after it: running statistics, dead codes of a codebook.
   * Changes the module's parameters and buffers in place; all randomness comes from `generator`.
   */
  afterUpdate?(generator: Generator): void;
  /** Tokens the batch trains on, for rates. */
  numTokens(batch: Batch): number;
}

/** JSON values, as in configs, cursors and random states. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** An endless stream of batches that can say where it stands. */
export interface BatchStream<Batch> {
  next(): Promise<IteratorResult<Batch>>;
  /** Where the stream stands after the batches returned so far; a stream opened from it returns the same next batch. */
  state(): JsonValue;
}
