/** What all training commands share: the optimizer and schedule of a recipe, checkpoints, reporters, stopping. */

import { join } from "node:path";
import { removeTemporaryFiles } from "@interfuse/data";
import { type FileSink, Generator } from "@interfuse/tensor";
import {
  type AdversaryOptions,
  type BatchStream,
  type JsonObject,
  MetricsFile,
  type Reporter,
  type ScheduleConfig,
  scheduleFromConfig,
  Trainer,
  type TrainingState,
  type TrainingTask,
} from "@interfuse/training";
import { recipeAsJson } from "../recipes/model-recipe.ts";
import { computeHere } from "./compute.ts";
import { InterruptedError } from "./interrupted-error.ts";
import { makeOptimizer, type OptimizerConfig } from "./make-optimizer.ts";
import { mayChangeOnResume } from "./same-recipe.ts";

/** The part of a recipe that the trainer reads. */
export type TrainingSettings = {
  readonly seed: number;
  readonly steps: number;
  readonly batch: { readonly gradientAccumulation: number };
  readonly learningRate: number;
  readonly schedule: ScheduleConfig;
  readonly optimizer: OptimizerConfig;
  readonly averageDecay: number | null;
  readonly report: { readonly checkpointEvery: number; readonly keepCheckpoints: number; readonly sampleEvery: number };
};

/** Everything a run is made of. */
export type RunOptions<Batch> = {
  /** The run's folder. */
  readonly out: string;
  readonly settings: TrainingSettings;
  /** What is saved with checkpoints and compared on resume. */
  readonly config: JsonObject;
  readonly task: TrainingTask<Batch>;
  /** A second module trained against the task's; the caller frees it. */
  readonly adversary?: AdversaryOptions<Batch>;
  readonly batches: BatchStream<Batch>;
  readonly resume: TrainingState | undefined;
  readonly saveModel: (sink: FileSink) => Promise<void>;
  /** Called every `report.sampleEvery` steps with the averaged weights in place. */
  readonly sample: (step: number) => Promise<void>;
  /** Called at the end with the averaged weights in place. */
  readonly finish: () => Promise<void>;
  readonly reporters: readonly Reporter[];
  readonly flopsPerToken?: number;
  readonly signal?: AbortSignal;
  /** Pauses, saved, after this step; `finish` is then left to the run that resumes. */
  readonly until?: number;
};

/**
 * Trains to the last step and calls `finish`, in a folder that the caller has claimed. A run that resumes before its learning rate
 * decays may have another number of steps.
 * @throws InterruptedError when the signal stopped the run (which is saved); as `Trainer.run`.
 */
export async function runTraining<Batch>(options: RunOptions<Batch>): Promise<void> {
  const { settings, task, out, resume, reporters, signal, until } = options;
  const { steps, report, averageDecay } = settings;
  await removeTemporaryFiles(out);
  const metrics = new MetricsFile(join(out, "metrics.jsonl"), { flopsPerToken: options.flopsPerToken });
  const optimizer = makeOptimizer(task.module.parameters(), settings.optimizer);
  const trainer = new Trainer({
    task,
    adversary: options.adversary,
    batches: options.batches,
    optimizer,
    schedule: scheduleFromConfig(settings.schedule, steps),
    learningRate: settings.learningRate,
    totalSteps: steps,
    gradientAccumulation: settings.batch.gradientAccumulation,
    averageDecay: averageDecay ?? undefined,
    generator: new Generator(settings.seed, "train"),
    config: recipeAsJson({ ...options.config, compute: computeHere() }),
    mayChange: resume && [...mayChangeOnResume(settings, resume), "compute"],
    checkpoints: {
      folder: out,
      every: report.checkpointEvery,
      keep: report.keepCheckpoints,
      saveModel: async (sink) => {
        await metrics.flush();
        await options.saveModel(sink);
      },
    },
    resume,
  });
  const all = [metrics, ...reporters];
  try {
    for await (const event of trainer.run({ signal, until })) {
      for (const reporter of all) await reporter.report(event);
      const isSampled = event.type === "step" && report.sampleEvery > 0 && event.step % report.sampleEvery === 0;
      if (isSampled) await trainer.withAveragedWeights(() => options.sample(event.step));
      if (event.type === "end" && event.reason === "aborted") {
        throw new InterruptedError(
          `stopped after step ${event.step} of ${steps}, saved in "${out}"; go on with the same command and --resume`,
        );
      }
      if (event.type === "end" && event.reason === "paused") return;
    }
    await trainer.withAveragedWeights(options.finish);
  } finally {
    trainer.dispose();
    optimizer.dispose();
  }
}
