/** An autoencoder trained against a discriminator by the trainer, with both forms of the game: it runs, resumes bit for bit and leaks nothing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adaptiveWeight,
  type Discriminator,
  hingeDiscriminatorLoss,
  hingeGeneratorLoss,
  KL_WEIGHT,
  KlAutoencoder,
  klAutoencoderRecipes,
  klLoss,
  PatchDiscriminator,
  pixelLoss,
  ResidualDiscriminator,
  relativisticDiscriminatorLoss,
  relativisticGeneratorLoss,
  runAutoencoder,
  trainableKl,
} from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend, withoutGradients } from "@interfuse/tensor";
import {
  AdamW,
  latestCheckpoint,
  readTrainingState,
  type StepEvent,
  Trainer,
  type TrainingState,
  type TrainingTask,
} from "@interfuse/training";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

let folder: string;
beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-adversarial-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Form = "hinge" | "relativistic";
const GAMMA = 0.5;
const SIDE = 16;

/** Batch i: two pictures of stripes, by i alone. */
function pixelsOf(index: number): tf.Tensor4D {
  const generator = new Generator(9).fork(index);
  const values = Float32Array.from({ length: 2 * SIDE * SIDE * 3 }, (_, i) =>
    Math.sin(i / (3 + (index % 3))) > 0 ? 0.6 : -0.6,
  ).map((value) => value + 0.1 * generator.normal());
  return tf.tensor4d(values, [2, SIDE, SIDE, 3]);
}

function makeRun(form: Form, resume?: TrainingState) {
  const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
  const discriminator: Discriminator =
    form === "hinge"
      ? new PatchDiscriminator({ baseChannels: 4, numLayers: 2 }, new Generator(2))
      : new ResidualDiscriminator(
          { channels: [4, 8, 8], blocksPerStage: 1, groupChannels: 4, expansion: 2 },
          new Generator(2),
        );
  const lastLayer = autoencoder.parameters().get("decoder.output.weight") as tf.Variable;
  const numPixelValues = 2 * SIDE * SIDE * 3;

  const task: TrainingTask<number> = {
    module: autoencoder,
    lossWeights: { reconstruction: 1, kl: KL_WEIGHT, adversarial: 0.5 },
    counts: () => ({ reconstruction: numPixelValues, kl: numPixelValues, adversarial: 1 }),
    lossSums: (index, generator) => {
      let kl = tf.scalar(0);
      const trainable = trainableKl(autoencoder, generator, (posterior) => {
        kl = klLoss(posterior);
      });
      const { reconstruction_BHWC, target_BHWC } = runAutoencoder(trainable, pixelsOf(index));
      const { lossSum } = pixelLoss(reconstruction_BHWC, target_BHWC, "l1");
      if (form === "relativistic") {
        const pictures = { real_BHWC: target_BHWC, fake_BHWC: reconstruction_BHWC };
        const { lossSum: sum, numPairs } = relativisticGeneratorLoss(discriminator, pictures);
        return { reconstruction: lossSum, kl, adversarial: sum.div(numPairs) };
      }
      const { lossSum: sum, numScores } = hingeGeneratorLoss(discriminator, reconstruction_BHWC);
      const loss = sum.div<tf.Scalar>(numScores);
      const reference = lossSum.div<tf.Scalar>(numPixelValues);
      const weight = adaptiveWeight({ reference, loss, parameter: lastLayer });
      return { reconstruction: lossSum, kl, adversarial: loss.mul(weight) };
    },
    numTokens: () => 1,
  };

  const adversary: TrainingTask<number> = {
    module: discriminator,
    lossWeights: { adversarial: 1, penalty: GAMMA },
    counts: () => ({ adversarial: 1, penalty: 1 }),
    lossSums: (index, generator) => {
      const real_BHWC = pixelsOf(index);
      const fake_BHWC = withoutGradients(
        () => runAutoencoder(trainableKl(autoencoder, generator), real_BHWC).reconstruction_BHWC,
      );
      if (form === "hinge") {
        const { lossSum, numScores } = hingeDiscriminatorLoss(discriminator, { real_BHWC, fake_BHWC });
        return { adversarial: lossSum.div(numScores), penalty: tf.scalar(0) };
      }
      const { lossSum, penaltySum, numPairs } = relativisticDiscriminatorLoss(discriminator, { real_BHWC, fake_BHWC });
      return { adversarial: lossSum.div(numPairs), penalty: penaltySum.div(numPairs) };
    },
    numTokens: () => 1,
  };

  const settings = { beta1: 0.5, beta2: 0.9, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 };
  let index = typeof resume?.cursor === "number" ? resume.cursor : 0;
  const trainer = new Trainer<number>({
    task,
    adversary: {
      task: adversary,
      optimizer: new AdamW(discriminator.parameters(), settings),
      schedule: () => 1,
      learningRate: 1e-3,
      startStep: 2,
    },
    batches: { next: async () => ({ done: false, value: index++ }), state: () => index },
    optimizer: new AdamW(autoencoder.parameters(), settings),
    schedule: () => 1,
    learningRate: 2e-3,
    totalSteps: 6,
    generator: new Generator(3, "train"),
    config: { form },
    checkpoints: { folder, every: 100, keep: 1, saveModel: async (sink) => sink.write("model.bin", new Uint8Array(1)) },
    resume,
  });
  const weights = async () => {
    const values: number[] = [];
    for (const module of [autoencoder, discriminator]) {
      for (const variable of module.parameters().values()) values.push(...(await variable.data()));
    }
    return values;
  };
  return { trainer, weights };
}

async function run({ trainer }: ReturnType<typeof makeRun>, stopAfter?: number) {
  const controller = new AbortController();
  const steps: StepEvent[] = [];
  const numTensors: number[] = [];
  for await (const event of trainer.run({ signal: controller.signal })) {
    if (event.type !== "step") continue;
    steps.push(event);
    numTensors.push(tf.memory().numTensors);
    if (event.step === stopAfter) controller.abort();
  }
  return { steps, numTensors };
}

describe.each<Form>(["hinge", "relativistic"])("training against a discriminator, %s", (form) => {
  it("updates both, leaks nothing, and resumes bit for bit", async () => {
    const straight = makeRun(form);
    const { steps, numTensors } = await run(straight);
    expect(new Set(numTensors).size).toBe(1);
    expect(steps.map(({ adversary }) => adversary !== undefined)).toEqual([false, true, true, true, true, true]);
    expect(steps.every(({ adversary }) => adversary === undefined || adversary.gradNorm > 0)).toBe(true);
    if (form === "relativistic") {
      expect(steps.every(({ adversary }) => adversary === undefined || (adversary.losses.penalty ?? 0) > 0)).toBe(true);
    }
    await rm(folder, { recursive: true, force: true });
    await run(makeRun(form), 3);
    const checkpoint = await latestCheckpoint(folder);
    const resumed = makeRun(form, await readTrainingState(checkpoint?.path as string));
    const after = await run(resumed);
    expect(after.steps[0]?.step).toBe(4);
    expect(await resumed.weights()).toEqual(await straight.weights());
  });
});
