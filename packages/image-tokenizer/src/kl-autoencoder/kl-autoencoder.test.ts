import { adamwUpdate, Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { measureLatentStatistics } from "../latent-statistics.ts";
import { squares } from "../testing/squares.ts";
import { klAutoencoderRecipes } from "./config.ts";
import { KlAutoencoder } from "./kl-autoencoder.ts";

import { KL_WEIGHT, klAutoencoderLoss } from "./loss.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

function lossOf(autoencoder: KlAutoencoder, pixels: tf.Tensor4D, seed: number) {
  return valueAndGrads(() => {
    const sums = klAutoencoderLoss(autoencoder, pixels, new Generator(seed));
    const { reconstructionLossSum, klLossSum, numPixelValues } = sums;
    const loss = reconstructionLossSum.add(klLossSum.mul(KL_WEIGHT)).div<tf.Scalar>(numPixelValues);
    return { loss, reconstructionLossSum, klLossSum };
  }, autoencoder.parameters());
}

/** A few steps of AdamW; gives the mean absolute error before each. */
function train(autoencoder: KlAutoencoder, pixels: tf.Tensor4D, numSteps: number): number[] {
  const parameters = autoencoder.parameters();
  const zeros = () =>
    new Map([...parameters].map(([name, { shape }]) => [name, tf.tidy(() => tf.variable(tf.zeros(shape)))]));
  const [firstMoments, secondMoments] = [zeros(), zeros()];
  const errors: number[] = [];
  for (let step = 1; step <= numSteps; step++) {
    const { outputs, gradients } = lossOf(autoencoder, pixels, step);
    errors.push((outputs.reconstructionLossSum.dataSync()[0] as number) / pixels.size);
    const { gradNorm } = adamwUpdate(
      { parameters, gradients, firstMoments, secondMoments },
      { learningRate: 4e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step, maxGradNorm: 1 },
    );
    tf.dispose([gradNorm, ...Object.values(outputs), ...gradients.values()]);
  }
  tf.dispose([...firstMoments.values(), ...secondMoments.values()]);
  return errors;
}

describe("KlAutoencoder", () => {
  it.each([
    ["debug", 4, 4],
    ["f4", 4, 4],
    ["f8", 8, 16],
    ["f16", 16, 32],
    ["f16dc", 16, 32],
  ] as const)("%s downsamples by %d to %d channels and comes back", (recipe, factor, channels) => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes[recipe](), new Generator(1));
    expect(autoencoder.downsampling).toBe(factor);
    const latents = autoencoder.encode(tf.zeros([2, 16, 32, 3]));
    expect(latents.shape).toEqual([2, 16 / factor, 32 / factor, channels]);
    expect(autoencoder.decode(latents).shape).toEqual([2, 16, 32, 3]);
    autoencoder.dispose();
  });

  it("pads sizes that do not divide and crops back on request", () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const latents = autoencoder.encode(squares(1, 10));
    expect(latents.shape).toEqual([1, 3, 3, 4]);
    expect(autoencoder.decode(latents).shape).toEqual([1, 12, 12, 3]);
    expect(autoencoder.decode(latents, { height: 10, width: 10 }).shape).toEqual([1, 10, 10, 3]);
  });

  it("encodes to the mean, or to a reproducible sample around it", () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const pixels = squares(2, 8);
    const encode = (seed?: number) =>
      autoencoder.encode(pixels, seed === undefined ? undefined : new Generator(seed)).dataSync();
    expect(encode()).toEqual(encode());
    expect(encode(1)).toEqual(encode(1));
    expect(encode(1)).not.toEqual(encode(2));
    const { mean, logVariance } = autoencoder.posterior(pixels);
    const deviation = logVariance.mul(0.5).exp().dataSync();
    const normal = new Generator(1).normalArray(mean.size);
    const expected = mean.dataSync().map((value, i) => value + (deviation[i] as number) * (normal[i] as number));
    encode(1).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] as number, 5);
    });
  });

  it("sends a gradient to every parameter, with attention too, and leaks nothing", () => {
    const autoencoder = new KlAutoencoder({ ...klAutoencoderRecipes.debug(), useAttention: true }, new Generator(1));
    // The attention's output projection starts at zero and would hide what lies behind it.
    for (const [name, variable] of autoencoder.parameters()) {
      if (name.endsWith("attention.output")) variable.assign(tf.eye(variable.shape[0] as number));
    }
    const pixels = squares(2, 8);
    const before = tf.memory().numTensors;
    const { outputs, gradients } = lossOf(autoencoder, pixels, 1);
    expect(gradients.size).toBe(autoencoder.parameters().size);
    for (const [name, gradient] of gradients) {
      expect(
        tf.tidy(() => gradient.abs().max().dataSync()[0]),
        name,
      ).toBeGreaterThan(0);
    }
    tf.dispose([...Object.values(outputs), ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([autoencoder.encode(pixels, new Generator(1)), autoencoder.decode(tf.zeros([1, 2, 2, 4]))]);
    expect(tf.memory().numTensors - before).toBe(1);
  });

  it("attends within a picture only", () => {
    const autoencoder = new KlAutoencoder({ ...klAutoencoderRecipes.debug(), useAttention: true }, new Generator(1));
    for (const [name, variable] of autoencoder.parameters()) {
      if (name.endsWith("attention.output")) variable.assign(tf.eye(variable.shape[0] as number));
    }
    const pair = squares(2, 8);
    const single = autoencoder.encode(pair.slice([1, 0, 0, 0], [1, 8, 8, 3])).dataSync();
    const packed = autoencoder.encode(pair).slice([1, 0, 0, 0], [1, 2, 2, 4]).dataSync();
    packed.forEach((value, i) => {
      expect(value).toBeCloseTo(single[i] as number, 4);
    });
  });

  it("learns a few pictures by heart, and then has latents of mean 0 and std 1 in each channel", async () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const pixels = squares(4, 16);
    const errors = train(autoencoder, pixels, 40);
    const last = errors.slice(-5).reduce((sum, error) => sum + error, 0) / 5;
    expect(errors[0]).toBeGreaterThan(0.5);
    expect(last).toBeLessThan(0.14);

    const reconstruction = () => autoencoder.decode(autoencoder.encode(pixels));
    const before = reconstruction().dataSync();
    autoencoder.setLatentStatistics(await measureLatentStatistics(autoencoder, [pixels]));
    const { mean, variance } = tf.moments(autoencoder.encode(pixels), [0, 1, 2]);
    for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-3);
    for (const value of variance.dataSync()) expect(Math.abs(value - 1)).toBeLessThan(1e-2);
    // Normalising changes the latents and nothing else.
    reconstruction()
      .dataSync()
      .forEach((value, i) => {
        expect(Math.abs(value - (before[i] as number))).toBeLessThan(1e-4);
      });
  });

  it("names what does not fit", async () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    expect(() => autoencoder.encode(tf.zeros([1, 8, 8, 4]))).toThrow("shape [1,8,8,4]; it must be [B, H, W, 3]");
    expect(() => autoencoder.encode(tf.zeros([1, 2, 8, 3]))).toThrow("height (=2) must be at least");
    expect(() => autoencoder.posterior(tf.zeros([1, 8, 9, 3]))).toThrow("width (=9) must be divisible by");
    expect(() => autoencoder.decode(tf.zeros([1, 2, 2, 3]))).toThrow("it must be [B, H, W, 4]");
    expect(() => autoencoder.setLatentStatistics({ latentMean: [0], latentStd: [1, 1, 1, 1] })).toThrow(
      "latentMean has 1",
    );
    await expect(measureLatentStatistics(autoencoder, [])).rejects.toThrow("no batches");
  });
});

describe("klAutoencoderLoss", () => {
  it("adds up over batches, and weighs the KL as sums over one count", () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const pixels = squares(2, 8);
    const { mean, logVariance } = autoencoder.posterior(pixels);
    const variance = logVariance.dataSync<"float32">().map(Math.exp);
    const expected = mean
      .dataSync<"float32">()
      .reduce(
        (sum, value, i) => sum + (value ** 2 + (variance[i] as number) - 1 - Math.log(variance[i] as number)) / 2,
        0,
      );
    const { klLossSum, numPixelValues } = klAutoencoderLoss(autoencoder, pixels, new Generator(1));
    expect((klLossSum.dataSync()[0] as number) / expected).toBeCloseTo(1, 4);
    expect(numPixelValues).toBe(2 * 8 * 8 * 3);
    const halves = [0, 1].map((index) => {
      const half = pixels.slice([index, 0, 0, 0], [1, 8, 8, 3]);
      return klAutoencoderLoss(autoencoder, half, new Generator(1)).klLossSum.dataSync()[0] as number;
    });
    expect(((halves[0] as number) + (halves[1] as number)) / expected).toBeCloseTo(1, 4);
  });

  it("is the sum of absolute or squared errors of a decoded sample", () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const pixels = squares(1, 8);
    const output = autoencoder
      .decode(autoencoder.encode(pixels, new Generator(4)))
      .sub(pixels)
      .dataSync<"float32">();
    for (const [reconstruction, term] of [
      ["l1", Math.abs],
      ["l2", (x: number) => x * x],
    ] as const) {
      const sums = klAutoencoderLoss(autoencoder, pixels, new Generator(4), { reconstruction });
      const expected = output.reduce((sum, value) => sum + term(value), 0);
      expect((sums.reconstructionLossSum.dataSync()[0] as number) / expected).toBeCloseTo(1, 4);
    }
  });
});
