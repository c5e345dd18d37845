/**
 * What `npm run endurance` starts: a tiny model is trained for many steps, every step on new documents of other lengths, and
 * what the process holds is read after a collection of its garbage. Prints one JSON object; exits with 1 when memory grew.
 *
 * The whole of a step is in it: layout, forward, backward, clipping, the fused optimizer, moving averages, losses read. New
 * lengths make new attention plans and new shapes, so a cache that nobody empties would show.
 */
import { parseArgs } from "node:util";
import { torchInfo } from "@interfuse/backend-torch";
import { UnifiedModel } from "@interfuse/model";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { modelTask } from "@interfuse/train";
import { AdamW, Trainer } from "@interfuse/training";

const ALLOWED_GROWTH = 0.02;
const READINGS = 200;

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100000" },
    precision: { type: "string", default: "bf16" },
    threads: { type: "string", default: "1" },
  },
});
const totalSteps = Number(values.steps);
const chosen = await useBackend({ backend: "torch", precision: values.precision, threads: Number(values.threads) });

const VOCAB_SIZE = 64;
const LATENT_CHANNELS = 4;
const model = new UnifiedModel(
  {
    vocabSize: VOCAB_SIZE,
    frame: { boi: 1, eoi: 2, eos: 3 },
    backbone: { modelDim: 32, numLayers: 1, numHeads: 2, mlpDim: 64 },
    objective: { latentChannels: LATENT_CHANNELS },
  },
  new Generator(1, "weights"),
);

/** Endless rows of one to three documents, each text, an image of 1 to 8 patches and text. */
class Rows {
  #row = 0;

  async next() {
    const generator = new Generator(7, "documents").fork(this.#row++);
    const text = () => {
      const tokenIds = Array.from({ length: 2 + generator.integer(11) }, () => 4 + generator.integer(VOCAB_SIZE - 4));
      return { kind: "text", tokenIds, lossMask: tokenIds.map((_, index) => index > 0) };
    };
    const documents = Array.from({ length: 1 + generator.integer(3) }, () => {
      const [height, width] = [1 + generator.integer(2), 1 + generator.integer(4)];
      const latents = generator.normalArray(height * width * LATENT_CHANNELS);
      return { parts: [text(), { kind: "image", latents, height, width, hasLoss: true }, text()] };
    });
    return { done: false, value: model.layout(documents) };
  }

  state() {
    return this.#row;
  }
}

const optimizer = new AdamW(model.parameters(), {
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradNorm: 1,
});
const trainer = new Trainer({
  task: modelTask(model, { text: 1, image: 5 }),
  batches: new Rows(),
  optimizer,
  schedule: () => 1,
  learningRate: 1e-4,
  totalSteps,
  averageDecay: 0.99,
  generator: new Generator(0, "endurance"),
  config: {},
});

const readings = [];
const LOSSES = Math.min(1000, totalSteps / 4);
let [firstLoss, lastLoss] = [0, 0];
const start = performance.now();
for await (const event of trainer.run()) {
  if (event.type !== "step") continue;
  if (event.step <= LOSSES) firstLoss += event.loss / LOSSES;
  if (event.step > totalSteps - LOSSES) lastLoss += event.loss / LOSSES;
  if (event.step % (totalSteps / READINGS) !== 0) continue;
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  readings.push({
    step: event.step,
    rss,
    heapUsed,
    external,
    tensors: tf.memory().numTensors,
    slots: torchInfo().slots,
  });
  if (process.stderr.isTTY || readings.length % 10 === 0)
    process.stderr.write(`${event.step} steps, ${(rss / 2 ** 20).toFixed(1)} MiB\n`);
}

const seconds = (performance.now() - start) / 1000;
const mebibytes = (bytes) => Number((bytes / 2 ** 20).toFixed(1));
const quarter = readings[READINGS / 4 - 1];
const last = readings.at(-1);
const growth = last.rss / quarter.rss - 1;
const unchanged = last.tensors === quarter.tensors && last.slots === quarter.slots;
process.stdout.write(
  `${JSON.stringify({
    program: "endurance",
    library: torchInfo().library,
    precision: chosen.precision,
    threads: torchInfo().threads,
    parameters: model.numParameters(),
    steps: totalSteps,
    msPerStep: Number(((1000 * seconds) / totalSteps).toFixed(2)),
    firstLoss,
    lastLoss,
    residentMiB: [0.25, 0.5, 0.75, 1].map((share) => mebibytes(readings[share * READINGS - 1].rss)),
    peakResidentMiB: mebibytes(Math.max(...readings.map(({ rss }) => rss))),
    heapMiB: [mebibytes(quarter.heapUsed), mebibytes(last.heapUsed)],
    tensors: [quarter.tensors, last.tensors],
    slots: [quarter.slots, last.slots],
    growth,
  })}\n`,
);
process.exitCode = growth <= ALLOWED_GROWTH && unchanged ? 0 : 1;
