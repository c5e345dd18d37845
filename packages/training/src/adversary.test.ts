import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Generator, initZeros, Module, tf, withoutGradient } from "@interfuse/tensor";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AdamW } from "./adamw.ts";
import { latestCheckpoint } from "./checkpoint/checkpoint-folders.ts";
import { readTrainingState, type TrainingState } from "./checkpoint/training-state.ts";
import type { StepEvent } from "./events.ts";
import type { BatchStream, TrainingTask } from "./task.ts";
import { Trainer } from "./trainer.ts";

/** One number or vector of a game. */
class Vector extends Module {
  readonly value = this.parameter("value", initZeros([2]));
}

let folder: string;
beforeEach(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "interfuse-adversary-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Points = readonly number[];

/** Points around (2, -1), the i-th batch a function of i. */
class PointStream implements BatchStream<Points> {
  #index: number;
  constructor(index = 0) {
    this.#index = index;
  }
  async next(): Promise<IteratorResult<Points>> {
    const generator = new Generator(5).fork(this.#index++);
    return { done: false, value: [2 + 0.1 * generator.normal(), -1 + 0.1 * generator.normal()] };
  }
  state(): number {
    return this.#index;
  }
}

/** A player that wants to be where its critic scores high, and a critic that wants to score data above the player. */
function makeDuel({
  resume,
  startStep,
  breakAt,
}: {
  resume?: TrainingState;
  startStep?: number;
  breakAt?: number;
} = {}) {
  const [player, critic] = [new Vector(), new Vector()];
  const seenSteps: number[] = [];
  const shared = { lossWeights: { game: 1 }, counts: () => ({ game: 1 }), numTokens: () => 1 };
  const task: TrainingTask<Points> = {
    ...shared,
    module: player,
    lossSums: (_, generator, step) => {
      seenSteps.push(step);
      const noisy = player.value.add(tf.tensor1d(generator.normalArray(2)).mul(0.01));
      return { game: noisy.mul(critic.value).sum().neg() as tf.Scalar };
    },
  };
  const adversary: TrainingTask<Points> = {
    ...shared,
    module: critic,
    lossSums: (points, generator, step) => {
      const fake = withoutGradient(() => player.value.add(tf.tensor1d(generator.normalArray(2)).mul(0.01)));
      const score = critic.value.mul(tf.tensor1d([...points]).sub(fake)).sum();
      const penalty = critic.value.square().sum();
      const loss = penalty.sub(score) as tf.Scalar;
      return { game: step === breakAt ? (loss.mul(Number.NaN) as tf.Scalar) : loss };
    },
  };
  const settings = { beta1: 0, beta2: 0.9, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 };
  const optimizers = [player, critic].map((module) => new AdamW(module.parameters(), settings)) as [AdamW, AdamW];
  const trainer = new Trainer<Points>({
    task,
    adversary: { task: adversary, optimizer: optimizers[1], schedule: () => 1, learningRate: 0.1, startStep },
    batches: new PointStream(typeof resume?.cursor === "number" ? resume.cursor : 0),
    optimizer: optimizers[0],
    schedule: () => 1,
    learningRate: 0.1,
    totalSteps: 12,
    averageDecay: 0.9,
    generator: new Generator(3, "train"),
    config: {},
    checkpoints: { folder, every: 100, keep: 2, saveModel: async (sink) => sink.write("model.bin", new Uint8Array(1)) },
    resume,
  });
  const weights = async () => [...(await player.value.data()), ...(await critic.value.data())];
  return { trainer, weights, critic, seenSteps };
}

async function run({ trainer }: ReturnType<typeof makeDuel>, stopAfter?: number): Promise<StepEvent[]> {
  const steps: StepEvent[] = [];
  const controller = new AbortController();
  for await (const event of trainer.run({ signal: controller.signal })) {
    if (event.type !== "step") continue;
    steps.push(event);
    if (event.step === stopAfter) controller.abort();
  }
  return steps;
}

const readLatest = async () => readTrainingState((await latestCheckpoint(folder))?.path as string);

describe("an adversary", () => {
  it("is trained after the first module, which follows it", async () => {
    const duel = makeDuel();
    const events = await run(duel);
    expect(duel.seenSteps).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(events.every(({ adversary }) => adversary !== undefined && adversary.gradNorm > 0)).toBe(true);
    const [x, y] = await duel.weights();
    expect(x).toBeGreaterThan(0.5);
    expect(y).toBeLessThan(-0.3);
  });

  it("resumes bit for bit with both modules and both optimizers, before and after its first step", async () => {
    const straight = makeDuel({ startStep: 5 });
    await run(straight);
    await rm(folder, { recursive: true, force: true });
    for (const stop of [3, 8]) {
      await run(makeDuel({ startStep: 5 }), stop);
      expect((await readdir(join((await latestCheckpoint(folder))?.path as string, "training"))).sort()).toEqual([
        "adversary_optimizer.safetensors",
        "adversary_parameters.safetensors",
        "averages.safetensors",
        "config.json",
        "optimizer.safetensors",
        "parameters.safetensors",
        "state.json",
      ]);
      const resumed = makeDuel({ startStep: 5, resume: await readLatest() });
      const events = await run(resumed);
      expect(events[0]?.step).toBe(stop + 1);
      expect(await resumed.weights()).toEqual(await straight.weights());
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("rests before its start step", async () => {
    const duel = makeDuel({ startStep: 5 });
    const events = await run(duel, 4);
    expect(events.map(({ adversary }) => adversary)).toEqual([undefined, undefined, undefined, undefined]);
    expect([...(await duel.critic.value.data())]).toEqual([0, 0]);
  });

  it("names itself when its loss is not finite, and a checkpoint without one is refused", async () => {
    await expect(run(makeDuel({ breakAt: 3 }))).rejects.toThrow(/adversary's loss of step 3 is not finite/);
    await run(makeDuel(), 2);
    const { adversary: _, ...withoutIt } = await readLatest();
    expect(() => makeDuel({ resume: { ...withoutIt, adversary: undefined } })).toThrow(
      /an adversary \(given\) must be given exactly when the checkpoint has one/,
    );
    expect(() => makeDuel({ startStep: 0 })).toThrow(/adversary.startStep \(=0\)/);
  });

  it("leaks no tensors", async () => {
    const { trainer } = makeDuel();
    const counts: number[] = [];
    for await (const event of trainer.run()) if (event.type === "step") counts.push(tf.memory().numTensors);
    expect(new Set(counts).size).toBe(1);
  });
});
