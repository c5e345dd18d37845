/**
 * One training step (forward, backward, clipping, AdamW) of this project against the same model in PyTorch, run in turn:
 * medians of interleaved runs after at least five seconds of warm-up.
 */
import { UnifiedModel } from "@interfuse/model";
import { type DeviceName, Generator, type Precision, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { AdamW } from "@interfuse/training";
import { cardPeak } from "./card-peak.ts";
import { Peer } from "./peer.ts";
import { layerProducts, productFlops, productRunner, stepFlops } from "./products.ts";
import { median, peakDeviceMiB, peakResidentMiB, waitForDevice } from "./statistics.ts";
import { makeDocuments, modelConfig, shapeOf } from "./workload.ts";

const WARM_UP_SECONDS = 5;
const ADAM = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 };
const LEARNING_RATE = 3e-4;
const IMAGE_LOSS_WEIGHT = 5;

/** What to measure. */
export interface TrainStepOptions {
  /** One of `workload.ts`, as "7M". */
  readonly size: string;
  readonly precision: Precision;
  readonly device: DeviceName;
  readonly threads: number;
  readonly numDocuments: number;
  readonly rounds: number;
}

/** Measures one size at one precision. */
export async function benchTrainStep({ size, precision, device, threads, numDocuments, rounds }: TrainStepOptions) {
  const shape = shapeOf(size);
  const chosen = await useBackend({ backend: "torch", device, precision, threads });
  const isOnCard = chosen.device !== "cpu";
  const model = new UnifiedModel(modelConfig(shape), new Generator(1, "weights"));
  const optimizer = new AdamW(model.parameters(), ADAM);
  const layout = model.layout(makeDocuments(numDocuments));
  const generator = new Generator(2, "noise");
  let step = 0;

  const trainStep = () => {
    step += 1;
    const { outputs, gradients } = valueAndGrads(() => {
      const sums = model.lossSums(layout, generator.fork(step));
      const text = tf.div(sums.textLossSum, sums.numTextTargets);
      const image = tf.mul(tf.div(sums.imageLossSum, sums.numImages), IMAGE_LOSS_WEIGHT);
      return { loss: tf.add(text, image) as tf.Scalar };
    }, model.parameters());
    const gradNorm = optimizer.update(gradients, { learningRate: LEARNING_RATE, step });
    // The step is over when its loss can be read.
    outputs.loss.dataSync();
    for (const tensor of [outputs.loss, gradNorm, ...gradients.values()]) tensor.dispose();
  };
  const milliseconds = (f: () => void) => {
    const start = performance.now();
    f();
    return performance.now() - start;
  };
  const warmUp = (f: () => void) => {
    for (const start = performance.now(); performance.now() - start < WARM_UP_SECONDS * 1000; ) f();
  };

  const peers = (["eager", "compiled"] as const).map((form) => ({
    form,
    process: new Peer("train_step", { ...shape, precision, device, threads, numDocuments, form }),
    times: [] as number[],
  }));
  try {
    for (const { process } of peers) await process.ask({ warmUpSeconds: WARM_UP_SECONDS });
    warmUp(trainStep);
    const own: number[] = [];
    for (let round = 0; round < rounds; round++) {
      own.push(milliseconds(trainStep));
      for (const { process, times } of peers) {
        times.push((await process.ask<{ milliseconds: number }>({ step: true })).milliseconds);
      }
    }
    const peak = isOnCard ? peakDeviceMiB() : peakResidentMiB();
    const better = peers.reduce((a, b) => (median(b.times) < median(a.times) ? b : a));
    const { peakMiB, version } = await better.process.ask<{ peakMiB: number; version: string }>({ memory: true });
    const shares = await productShares(better.process);
    const msPerStep = median(own);
    const peerMsPerStep = median(better.times);
    const utilisation = isOnCard ? await modelFlopsUtilisation() : {};
    return {
      bench: "train-step",
      parameters: model.numParameters(),
      precision,
      msPerStep,
      peer: `PyTorch ${version} ${better.form}`,
      peerMsPerStep,
      ratio: peerMsPerStep / msPerStep,
      ...shares,
      peakMiB: peak,
      peerPeakMiB: peakMiB,
      ...utilisation,
    };

    /** What the step's products take of it, computed alone: by our kernels and by PyTorch's, steps and both in turn. */
    async function productShares(peer: Peer) {
      const products = productRunner(shape, numDocuments);
      const runProducts = () => {
        products();
        waitForDevice();
      };
      const peerProducts = async () =>
        (await peer.ask<{ milliseconds: number }>({ products: layerProducts(shape, numDocuments) })).milliseconds;
      warmUp(runProducts);
      await peerProducts();
      const times = { step: [] as number[], own: [] as number[], peer: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        times.step.push(milliseconds(trainStep));
        times.own.push(milliseconds(runProducts));
        times.peer.push(await peerProducts());
      }
      return {
        productShare: median(times.own) / median(times.step),
        productGflops: productFlops(shape, numDocuments) / median(times.own) / 1e6,
        peerProductShare: median(times.peer) / median(times.step),
      };
    }

    /** Shares of the card's peak that the step's products and visible attention pairs reach, for each program. */
    async function modelFlopsUtilisation() {
      const { teraflops, source } = await cardPeak(precision);
      const share = (ms: number) => stepFlops(shape, numDocuments) / (ms / 1000) / (teraflops * 1e12);
      const peerShares = peers.map(({ form, times }) => [`${form}Mfu`, share(median(times))]);
      return { mfu: share(msPerStep), ...Object.fromEntries(peerShares), peakTeraflops: teraflops, peakSource: source };
    }
  } finally {
    for (const { process } of peers) process.close();
    optimizer.dispose();
    model.dispose();
  }
}
