/**
 * The training loop: batches in, updates and events out, checkpoints on the way.
 *
 * It knows nothing of text, images or files of data. Step k's randomness is `generator.fork("step").fork(k)`, so it depends on the
 * seed and k alone, and a run that stops after step k and resumes makes the same updates, bit for bit, as one that never stopped.
 */
import { type FileSink, Generator } from "@interfuse/tensor";
import type { AdversaryOptions } from "./adversary.ts";
import { WeightAverages } from "./averages.ts";
import { removeLeftovers, writeFolderAtomically } from "./checkpoint/atomic-folder.ts";
import { checkpointName, latestCheckpoint, pruneCheckpoints } from "./checkpoint/checkpoint-folders.ts";
import {
  assignHostTensors,
  type TrainingState,
  toHostTensors,
  writeTrainingState,
} from "./checkpoint/training-state.ts";
import { assertSameConfig } from "./config-changes.ts";
import type { EndEvent, TrainingEvent } from "./events.ts";
import { NonFiniteError } from "./non-finite-error.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Schedule } from "./schedules.ts";
import type { BatchStream, JsonObject, TrainingTask } from "./task.ts";
import { type UpdateReport, updateModule } from "./update-module.ts";

/** Where and how often a run is saved. */
export type CheckpointOptions = {
  /** The run's folder; checkpoints are `checkpoint-NNNNNN` in it. */
  readonly folder: string;
  /** A checkpoint every so many steps, beside the one at the end. */
  readonly every: number;
  /** How many are kept; the oldest go first. */
  readonly keep: number;
  /** Writes the model folder's files, called with the averaged weights swapped in when averages are on. */
  readonly saveModel: (sink: FileSink) => Promise<void>;
};

/** Everything a trainer is made of. */
export type TrainerOptions<Batch> = {
  readonly task: TrainingTask<Batch>;
  /** Opened at `resume.cursor` when resuming. */
  readonly batches: BatchStream<Batch>;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** The peak learning rate, which the schedule scales. */
  readonly learningRate: number;
  readonly totalSteps: number;
  /** A second module, trained against the task's. Its settings belong in `config`, too. */
  readonly adversary?: AdversaryOptions<Batch>;
  /** Batches whose gradients make one update. */
  readonly gradientAccumulation?: number;
  /** Decay of the moving averages; absent = no averages. */
  readonly averageDecay?: number;
  /** The base of the run's randomness, usually `new Generator(seed, "train")`. */
  readonly generator: Generator;
  /** The resolved config, saved in every checkpoint. */
  readonly config: JsonObject;
  /** Dotted config keys that a resumed run may change. */
  readonly mayChange?: readonly string[];
  readonly checkpoints?: CheckpointOptions;
  /** Go on from here (`readTrainingState`). */
  readonly resume?: TrainingState;
};

/** Trains a task; see the file's header. */
export class Trainer<Batch> {
  readonly #options: TrainerOptions<Batch>;
  readonly #averages: WeightAverages | undefined;
  readonly #stepGenerator: Generator;
  #step = 0;

  /**
   * @throws RangeError when a number is out of range, or the checkpoint to resume from has another config (the changed keys are
   *   named), other parameters, or is of a later step than `totalSteps`.
   */
  constructor(options: TrainerOptions<Batch>) {
    for (const [name, value] of Object.entries({
      totalSteps: options.totalSteps,
      gradientAccumulation: options.gradientAccumulation ?? 1,
      "adversary.startStep": options.adversary?.startStep ?? 1,
      "checkpoints.every": options.checkpoints?.every ?? 1,
      "checkpoints.keep": options.checkpoints?.keep ?? 1,
    })) {
      if (!Number.isInteger(value) || value < 1)
        throw new RangeError(`Trainer: ${name} (=${value}) must be a positive whole number`);
    }
    for (const [name, value] of Object.entries({
      learningRate: options.learningRate,
      "adversary.learningRate": options.adversary?.learningRate ?? 1,
    })) {
      if (!(value > 0 && Number.isFinite(value))) {
        throw new RangeError(`Trainer: ${name} (=${value}) must be a number above 0`);
      }
    }
    this.#options = options;
    if (options.resume !== undefined) this.#checkResume(options.resume);
    const generator = options.resume === undefined ? options.generator : Generator.fromState(options.resume.generator);
    this.#stepGenerator = generator.fork("step");
    const parameters = options.task.module.parameters();
    this.#averages =
      options.averageDecay === undefined ? undefined : new WeightAverages(parameters, options.averageDecay);
    if (options.resume !== undefined) this.#restore(options.resume);
  }

  /** Updates done so far. */
  get step(): number {
    return this.#step;
  }

  /**
   * Trains to `totalSteps`, yielding events. The consumer's work on an event happens between two steps.
   *
   * @param options.signal stops the run after the current step, with a checkpoint.
   * @param options.until pauses the run after this step, with a checkpoint; a later run resumes from it.
   * @throws RangeError when `until` is not a whole number from 0; NonFiniteError when a loss or gradient is not a number; Error when the batches end or a checkpoint cannot be written.
   *   Checkpoints written before stay as they are.
   */
  async *run(options: { signal?: AbortSignal; until?: number } = {}): AsyncGenerator<TrainingEvent, void, void> {
    const { task, totalSteps, checkpoints } = this.#options;
    const { signal, until = totalSteps } = options;
    if (!Number.isInteger(until) || until < 0) {
      throw new RangeError(`Trainer.run: until (=${until}) must be a step, a whole number from 0`);
    }
    const lastStep = Math.min(until, totalSteps);
    if (checkpoints !== undefined) {
      await removeLeftovers(checkpoints.folder);
      // A kill can come between a checkpoint and the removal of those it makes superfluous.
      await pruneCheckpoints(checkpoints.folder, checkpoints.keep);
    }
    let savedStep = this.#options.resume?.step ?? -1;
    yield { type: "start", step: this.#step, totalSteps, numParameters: task.module.numParameters() };
    while (this.#step < lastStep) {
      // Kernels are synchronous: without a turn of the event loop no signal, timer or keypress would ever be handled.
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) break;
      yield await this.#trainStep();
      if (checkpoints !== undefined && this.#step % checkpoints.every === 0) {
        savedStep = this.#step;
        yield await this.#saveCheckpoint(checkpoints);
      }
    }
    if (checkpoints !== undefined && savedStep !== this.#step) yield await this.#saveCheckpoint(checkpoints);
    yield { type: "end", step: this.#step, reason: this.#endReason(lastStep) };
  }

  /** Runs `f` with the moving averages in place of the parameters (or as they are, without averages). */
  async withAveragedWeights<T>(f: () => Promise<T>): Promise<T> {
    return this.#averages === undefined ? f() : this.#averages.swappedIn(f);
  }

  /** Frees what the trainer made; the module and the optimizer belong to the caller. */
  dispose(): void {
    this.#averages?.dispose();
  }

  #endReason(lastStep: number): EndEvent["reason"] {
    if (this.#step < lastStep) return "aborted";
    return this.#step < this.#options.totalSteps ? "paused" : "done";
  }

  async #trainStep(): Promise<TrainingEvent> {
    const { task, optimizer, schedule, totalSteps } = this.#options;
    const start = performance.now();
    const step = this.#step + 1;
    const batches = await this.#nextBatches(step);
    const dataSeconds = (performance.now() - start) / 1000;
    const generator = this.#stepGenerator.fork(step);
    const update = await updateModule({
      task,
      optimizer,
      learningRate: this.#options.learningRate * schedule(step),
      batches,
      generator,
      step,
      updateNumber: step,
      nonFinite: (what, values) => this.#nonFinite({ step, what, values }),
    });
    task.afterUpdate?.(generator.fork("after-update"));
    const adversary = await this.#updateAdversary(batches, { generator, step });
    this.#averages?.update(step);
    this.#step = step;
    return {
      type: "step",
      step,
      totalSteps,
      ...update,
      ...(adversary && { adversary }),
      numTokens: batches.reduce((sum, batch) => sum + task.numTokens(batch), 0),
      seconds: (performance.now() - start) / 1000,
      dataSeconds,
    };
  }

  async #updateAdversary(
    batches: readonly Batch[],
    { generator, step }: { generator: Generator; step: number },
  ): Promise<UpdateReport | undefined> {
    const { adversary } = this.#options;
    if (adversary === undefined) return undefined;
    const { task, optimizer, schedule, learningRate, startStep = 1 } = adversary;
    if (step < startStep) return undefined;
    return updateModule({
      task,
      optimizer,
      learningRate: learningRate * schedule(step),
      batches,
      generator: generator.fork("adversary"),
      step,
      updateNumber: step - startStep + 1,
      nonFinite: (what, values) => this.#nonFinite({ step, what: `adversary's ${what}`, values }),
    });
  }

  async #nextBatches(step: number): Promise<Batch[]> {
    const { batches, gradientAccumulation = 1 } = this.#options;
    const taken: Batch[] = [];
    for (let index = 0; index < gradientAccumulation; index++) {
      const next = await batches.next();
      if (next.done) throw new Error(`Trainer: the batches ended in step ${step}; give a stream that starts over`);
      taken.push(next.value);
    }
    return taken;
  }

  async #saveCheckpoint({ folder, keep, saveModel }: CheckpointOptions): Promise<TrainingEvent> {
    const { task, optimizer, adversary, generator, resume, batches, config } = this.#options;
    const averages = this.#averages?.state();
    const state: TrainingState = {
      step: this.#step,
      generator: resume?.generator ?? generator.state(),
      cursor: batches.state(),
      config,
      parameters: await toHostTensors(task.module.state()),
      optimizer: await toHostTensors(optimizer.state()),
      averages: averages === undefined ? undefined : await toHostTensors(averages),
      adversary: adversary && {
        parameters: await toHostTensors(adversary.task.module.parameters()),
        optimizer: await toHostTensors(adversary.optimizer.state()),
      },
    };
    const path = await writeFolderAtomically(folder, checkpointName(this.#step), async (sink) => {
      await this.withAveragedWeights(() => saveModel(sink));
      await writeTrainingState(sink, state);
    }).catch(async (cause: Error) => {
      throw new Error(
        `Trainer: the checkpoint of step ${this.#step} failed: ${cause.message}. ${await this.#lastGood()}`,
        { cause },
      );
    });
    await pruneCheckpoints(folder, keep).catch((cause: Error) => {
      throw new Error(`Trainer: "${path}" is saved, but an older checkpoint cannot be removed: ${cause.message}`, {
        cause,
      });
    });
    return { type: "checkpoint", step: this.#step, path };
  }

  #checkResume(resume: TrainingState): void {
    const { config, mayChange = [], totalSteps, averageDecay, adversary } = this.#options;
    assertSameConfig(resume.config, config, mayChange);
    if (resume.step > totalSteps) {
      throw new RangeError(
        `resume: the checkpoint is of step ${resume.step}, beyond totalSteps (=${totalSteps}); ask for more steps`,
      );
    }
    if ((averageDecay === undefined) !== (resume.averages === undefined)) {
      throw new RangeError(
        `resume: averageDecay (=${averageDecay}) must be given exactly when the checkpoint has averages`,
      );
    }
    if ((adversary === undefined) !== (resume.adversary === undefined)) {
      throw new RangeError(
        `resume: an adversary (${adversary === undefined ? "not given" : "given"}) must be given exactly when the checkpoint has one`,
      );
    }
  }

  #restore(resume: TrainingState): void {
    this.#options.task.module.loadParameters(resume.parameters);
    assignHostTensors(this.#options.optimizer.state(), resume.optimizer, "optimizer tensors");
    if (this.#averages !== undefined && resume.averages !== undefined) {
      assignHostTensors(this.#averages.state(), resume.averages, "averages");
    }
    const { adversary } = this.#options;
    if (adversary !== undefined && resume.adversary !== undefined) {
      adversary.task.module.loadParameters(resume.adversary.parameters);
      assignHostTensors(adversary.optimizer.state(), resume.adversary.optimizer, "adversary's optimizer tensors");
    }
    this.#step = resume.step;
  }

  async #nonFinite(problem: { step: number; what: string; values: Record<string, number> }): Promise<NonFiniteError> {
    return new NonFiniteError({ ...problem, remedy: await this.#lastGood() });
  }

  async #lastGood(): Promise<string> {
    const { checkpoints } = this.#options;
    if (checkpoints === undefined) return "This run keeps no checkpoints.";
    const latest = await latestCheckpoint(checkpoints.folder);
    return latest === undefined ? "There is no earlier checkpoint." : `The last good checkpoint is "${latest.path}".`;
  }
}
