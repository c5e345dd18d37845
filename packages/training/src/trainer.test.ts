import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator, initZeros, tf } from "@interfuse/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { latestCheckpoint } from "./checkpoint/checkpoint-folders.ts";
import { readTrainingState } from "./checkpoint/training-state.ts";
import type { StepEvent, TrainingEvent } from "./events.ts";
import { ADAMW, Regression, regressionTask, regressionTrainer, type Samples } from "./testing/regression.ts";
import type { CheckpointOptions, Trainer, TrainerOptions } from "./trainer.ts";

let folder: string;
beforeEach(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "interfuse-trainer-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const generator = new Generator(7);

/** A module that also has something no optimizer moves. */
class WithBuffer extends Regression {
  readonly drift = this.buffer("drift", initZeros([2]));
}

function checkpoints(overrides: Partial<CheckpointOptions> = {}): CheckpointOptions {
  return {
    folder,
    every: 4,
    keep: 2,
    saveModel: async (sink) => sink.write("model.bin", new Uint8Array([1])),
    ...overrides,
  };
}

async function run(trainer: Trainer<Samples>, signal?: AbortSignal): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainer.run({ signal })) events.push(event);
  return events;
}

const steps = (events: TrainingEvent[]) => events.filter((event): event is StepEvent => event.type === "step");
const weightsOf = async (module: Regression) => [...(await module.weight.data()), ...(await module.bias.data())];

describe("Trainer", () => {
  it("lowers the loss and reports every step", async () => {
    const { trainer } = regressionTrainer(generator, { totalSteps: 150 });
    const events = await run(trainer);
    const losses = steps(events).map((event) => event.losses.error as number);
    expect(losses).toHaveLength(150);
    expect(losses.at(-1)).toBeLessThan(0.2 * (losses[0] as number));
    expect(events[0]).toMatchObject({ type: "start", step: 0, numParameters: 8 });
    expect(events.at(-1)).toMatchObject({ type: "end", step: 150, reason: "done" });
  });

  it("divides once by the counts of all micro-batches: two half batches are one batch", async () => {
    const batch = someSamples();
    const trainOn = (samples: Samples[]) =>
      regressionTrainer(generator, (module) => ({
        totalSteps: 1,
        task: { ...regressionTask(module), lossWeights: { error: 1 } },
        batches: fixed(samples),
        gradientAccumulation: samples.length,
      }));
    const a = trainOn([batch]);
    const b = trainOn([slice(batch, 0, 1), slice(batch, 1, 4)]);
    const [eventA, eventB] = [steps(await run(a.trainer))[0], steps(await run(b.trainer))[0]];
    expect(eventB?.loss).toBeCloseTo(eventA?.loss as number, 5);
    expect(eventB?.gradNorm).toBeCloseTo(eventA?.gradNorm as number, 5);
    expect(eventB?.counts).toEqual(eventA?.counts);
  });

  it("resumes bit for bit, from any checkpoint", async () => {
    const straight = regressionTrainer(generator);
    await run(straight.trainer);
    const first = regressionTrainer(generator, { checkpoints: checkpoints() });
    const controller = new AbortController();
    for await (const event of first.trainer.run({ signal: controller.signal })) {
      if (event.type === "step" && event.step === 6) controller.abort();
    }
    const latest = await latestCheckpoint(folder);
    expect(latest?.step).toBe(6);
    const resume = await readTrainingState(latest?.path as string);
    const second = regressionTrainer(generator, { resume, checkpoints: checkpoints() });
    const events = await run(second.trainer);
    expect(steps(events)[0]?.step).toBe(7);
    expect(await weightsOf(second.module)).toEqual(await weightsOf(straight.module));
    const averages = (trainer: Trainer<Samples>, module: Regression) =>
      trainer.withAveragedWeights(() => weightsOf(module));
    expect(await averages(second.trainer, second.module)).toEqual(await averages(straight.trainer, straight.module));
    expect(await weightsOf(second.module)).not.toEqual(await averages(second.trainer, second.module));
  });

  it("resumes what a task changes after its updates, buffers included", async () => {
    const withBuffer = (overrides: Partial<TrainerOptions<Samples>> = {}) => {
      const module = new WithBuffer(generator.fork("model"));
      const afterUpdate = (random: Generator) =>
        tf.tidy(() => {
          module.drift.assign(module.drift.mul(0.9).add(random.normal()));
          module.bias.assign(module.bias.add(module.drift));
        });
      const { trainer } = regressionTrainer(generator, {
        task: { ...regressionTask(module), afterUpdate },
        optimizer: new AdamW(module.parameters(), ADAMW),
        ...overrides,
      });
      return { trainer, module };
    };
    const straight = withBuffer();
    await run(straight.trainer);
    await run(withBuffer({ totalSteps: 5, checkpoints: checkpoints() }).trainer);
    const resume = await readTrainingState((await latestCheckpoint(folder))?.path as string);
    const second = withBuffer({ resume });
    await run(second.trainer);
    expect(second.module.drift.dataSync()).toEqual(straight.module.drift.dataSync());
    expect(await weightsOf(second.module)).toEqual(await weightsOf(straight.module));
    expect(straight.module.drift.dataSync()[0]).not.toBe(0);
  });

  it("pauses after a step, saved, and goes on from there", async () => {
    const straight = regressionTrainer(generator);
    await run(straight.trainer);
    const first = regressionTrainer(generator, { checkpoints: checkpoints() });
    const events: TrainingEvent[] = [];
    for await (const event of first.trainer.run({ until: 3 })) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: "end", step: 3, reason: "paused" });
    const resume = await readTrainingState((await latestCheckpoint(folder))?.path as string);
    const second = regressionTrainer(generator, { resume });
    await run(second.trainer);
    expect(await weightsOf(second.module)).toEqual(await weightsOf(straight.module));
  });

  it("keeps the newest checkpoints and leaves no other folders", async () => {
    const { trainer } = regressionTrainer(generator, { totalSteps: 10, checkpoints: checkpoints({ every: 2 }) });
    await run(trainer);
    expect((await readdir(folder)).sort()).toEqual(["checkpoint-000008", "checkpoint-000010"]);
    expect((await readdir(join(folder, "checkpoint-000010", "training"))).sort()).toEqual([
      "averages.safetensors",
      "config.json",
      "optimizer.safetensors",
      "parameters.safetensors",
      "state.json",
    ]);
  });

  it("on resume removes the checkpoint that a kill right after the next one left", async () => {
    await run(regressionTrainer(generator, { totalSteps: 4, checkpoints: checkpoints({ every: 2 }) }).trainer);
    const resume = await readTrainingState(join(folder, "checkpoint-000004"));
    await run(
      regressionTrainer(generator, { resume, totalSteps: 4, checkpoints: checkpoints({ every: 2, keep: 1 }) }).trainer,
    );
    expect(await readdir(folder)).toEqual(["checkpoint-000004"]);
  });

  it("says that a checkpoint is saved when only an older one cannot be removed", async () => {
    const saveModel: CheckpointOptions["saveModel"] = async (sink) => {
      await sink.write("model.bin", new Uint8Array(1));
      await mkdir(join(folder, `.writing-removed-${process.pid}-checkpoint-000002`, "in the way"), { recursive: true });
    };
    const { trainer } = regressionTrainer(generator, { checkpoints: checkpoints({ every: 2, keep: 1, saveModel }) });
    await expect(run(trainer)).rejects.toThrow(
      /checkpoint-000004" is saved, but an older checkpoint cannot be removed/,
    );
    await readTrainingState(join(folder, "checkpoint-000004"));
  });

  it("a checkpoint that cannot be written leaves the last good one and says which", async () => {
    let calls = 0;
    const saveModel: CheckpointOptions["saveModel"] = async (sink) => {
      await sink.write("model.bin", new Uint8Array(10));
      if (++calls === 2) throw Object.assign(new Error("write failed"), { code: "ENOSPC" });
    };
    const { trainer } = regressionTrainer(generator, { checkpoints: checkpoints({ saveModel }) });
    await expect(run(trainer)).rejects.toThrow(
      /step 8 failed.*no space left.*last good checkpoint is ".*checkpoint-000004"/s,
    );
    expect(await readdir(folder)).toEqual(["checkpoint-000004"]);
    await readTrainingState(join(folder, "checkpoint-000004"));
  });

  it("a pause after a step that is none is an error, and trains and saves nothing", async () => {
    for (const until of [Number.NaN, 2.5, -1]) {
      const { trainer } = regressionTrainer(generator, { checkpoints: checkpoints({}) });
      await expect(trainer.run({ until }).next()).rejects.toThrow(`until (=${until}) must be a step`);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it("a loss that is not finite names its step and keeps what was saved", async () => {
    const broken = (module: Regression) => {
      const task = regressionTask(module);
      let calls = 0;
      return {
        ...task,
        lossSums: (batch: Samples, random: Generator, step: number) => {
          const sums = task.lossSums(batch, random, step);
          return ++calls === 6 ? { ...sums, error: tf.mul(sums.error as tf.Scalar, Number.NaN) as tf.Scalar } : sums;
        },
      };
    };
    const { trainer } = regressionTrainer(generator, (module) => ({
      task: broken(module),
      checkpoints: checkpoints(),
    }));
    await expect(run(trainer)).rejects.toThrow(/loss of step 6 is not finite.*checkpoint-000004/s);
    expect(await readdir(folder)).toEqual(["checkpoint-000004"]);
  });

  it("refuses to resume with another config, naming the keys", async () => {
    const saved = regressionTrainer(generator, { totalSteps: 2, checkpoints: checkpoints() });
    await run(saved.trainer);
    const resume = await readTrainingState(join(folder, "checkpoint-000002"));
    const resumeWith = (config: Record<string, number>) =>
      regressionTrainer(generator, { resume, config, mayChange: ["report"] }).trainer;
    expect(() => resumeWith({ learningRate: 0.1 })).toThrow(/learningRate: 0.05 -> 0.1.*may change: report/s);
    expect(resumeWith({ learningRate: 0.05, report: 3 }).step).toBe(2);
  });

  it("leaks no tensors", async () => {
    const { trainer } = regressionTrainer(generator, { totalSteps: 8, checkpoints: checkpoints({ every: 3 }) });
    const counts: number[] = [];
    for await (const event of trainer.run()) if (event.type === "step") counts.push(tf.memory().numTensors);
    expect(new Set(counts.slice(1)).size).toBe(1);
  });
});

function someSamples(): Samples {
  const random = new Generator(3);
  const inputs = Array.from({ length: 4 }, () => [random.normal(), random.normal(), random.normal()]);
  return { inputs, outputs: inputs.map(() => [1, 2]) };
}

function slice({ inputs, outputs }: Samples, start: number, end: number): Samples {
  return { inputs: inputs.slice(start, end), outputs: outputs.slice(start, end) };
}

function fixed(samples: Samples[]) {
  let index = 0;
  return { next: async () => ({ done: false as const, value: samples[index++] as Samples }), state: () => index };
}
