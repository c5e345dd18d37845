/** The loader of a run's examples, from the start or from where a checkpoint stood. */
import { type CursorState, ExampleLoader, type ExampleSource, type TaskWeights } from "@interfuse/data";
import type { Generator } from "@interfuse/tensor";
import type { TrainingState } from "@interfuse/training";
import { UsageError } from "../config/usage-error.ts";

/** @throws UsageError when the data are not those that the checkpoint was trained on, or weights name tasks that they have not. */
export function openLoader<Image>(
  source: ExampleSource<Image>,
  generator: Generator,
  { resume, taskWeights }: { resume: TrainingState | undefined; taskWeights?: TaskWeights },
): ExampleLoader<Image> {
  try {
    return new ExampleLoader(source, generator, { state: resume?.cursor as CursorState | undefined, taskWeights });
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}
