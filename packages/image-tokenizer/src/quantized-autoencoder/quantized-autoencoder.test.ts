import { adamwUpdate, Generator, tf, useBackend, valueAndGrads } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { isDiscrete } from "../image-tokenizer.ts";
import { measureLatentStatistics } from "../latent-statistics.ts";
import { PixelTokenizer } from "../pixel-tokenizer.ts";
import { Assignments } from "../quantizers/assignments.ts";
import { squares } from "../testing/squares.ts";
import { loadImageTokenizer, saveImageTokenizer } from "../weights.ts";
import { type QuantizedAutoencoderConfigInput, resolveQuantizedAutoencoderConfig } from "./config.ts";
import { quantizedAutoencoderLoss } from "./loss.ts";
import { QuantizedAutoencoder } from "./quantized-autoencoder.ts";
import { quantizedAutoencoderRecipes } from "./recipes.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

/** The debug sizes around any quantizer. */
function debugWith(quantizer: QuantizedAutoencoderConfigInput["quantizer"]): QuantizedAutoencoderConfigInput {
  const { latentMean: _mean, latentStd: _std, ...sizes } = quantizedAutoencoderRecipes.debug();
  return { ...sizes, quantizer };
}

/** One of each kind over 2 x 2 latents of 8 x 8 pixels. */
const quantizers: Record<string, QuantizedAutoencoderConfigInput["quantizer"]> = {
  vector: { type: "vector", numCodes: 16, dim: 4, learning: "ema", estimator: "rotation", revivalThreshold: 0.1 },
  linear: { type: "vector", numCodes: 16, dim: 4, learning: "linear" },
  "finite-scalar": { type: "finite-scalar", levels: [5, 4, 3] },
  "lookup-free": { type: "lookup-free", dim: 4 },
  residual: { type: "residual", numStages: 3, minStages: 1, stage: { type: "vector", numCodes: 8, dim: 4 } },
  "multi-scale": { type: "multi-scale", numCodes: 16, dim: 4, scales: [1, 2] },
};
const kinds = Object.keys(quantizers);

const make = (kind: string) =>
  new QuantizedAutoencoder(debugWith(quantizers[kind] as (typeof quantizers)[string]), new Generator(1));

/** Steps of AdamW with the quantizer's update after each; gives the mean absolute error before each. */
function train(autoencoder: QuantizedAutoencoder, pixels: tf.Tensor4D, numSteps: number): number[] {
  const parameters = autoencoder.parameters();
  const { quantizer } = autoencoder;
  const zeros = () =>
    new Map([...parameters].map(([name, { shape }]) => [name, tf.tidy(() => tf.variable(tf.zeros(shape)))]));
  const [firstMoments, secondMoments] = [zeros(), zeros()];
  const assignments = new Assignments();
  const errors: number[] = [];
  for (let step = 1; step <= numSteps; step++) {
    const { outputs, gradients } = valueAndGrads(() => {
      const generator = new Generator(step);
      const sums = quantizedAutoencoderLoss(autoencoder, pixels, { generator, assignments });
      const reconstruction = sums.reconstructionLossSum.div<tf.Scalar>(sums.numPixelValues);
      const loss = Object.entries(sums.quantizerLossSums).reduce(
        (total, [name, sum]) => total.add(sum.mul((quantizer.lossWeights[name] as number) / sums.numVectors)),
        reconstruction,
      );
      return { loss, reconstruction };
    }, parameters);
    errors.push(outputs.reconstruction.dataSync()[0] as number);
    const { gradNorm } = adamwUpdate(
      { parameters, gradients, firstMoments, secondMoments },
      { learningRate: 4e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, step, maxGradNorm: 1 },
    );
    tf.dispose([gradNorm, ...Object.values(outputs), ...gradients.values()]);
    quantizer.update(assignments, new Generator(step, "update"));
  }
  assignments.dispose();
  tf.dispose([...firstMoments.values(), ...secondMoments.values()]);
  return errors;
}

describe("QuantizedAutoencoder", () => {
  it.each(kinds)("%s: indices stand for exactly the latents of encode, and leak nothing", (kind) => {
    const autoencoder = make(kind);
    autoencoder.setLatentStatistics({
      latentMean: Array.from({ length: autoencoder.latentChannels }, (_, i) => i / 8),
      latentStd: Array.from({ length: autoencoder.latentChannels }, (_, i) => 1 + i / 4),
    });
    const pixels = squares(3, 8);
    const before = tf.memory().numTensors;
    const latents = autoencoder.encode(pixels);
    const indices = autoencoder.encodeToIndices(pixels);
    expect(latents.shape).toEqual([3, 2, 2, autoencoder.latentChannels]);
    expect([indices.dtype, indices.shape[0]]).toEqual(["int32", 3]);
    for (const index of indices.dataSync()) expect(index).toBeLessThan(autoencoder.numCodes);
    const again = autoencoder.indicesToLatents(indices);
    expect(again.dataSync()).toEqual(latents.dataSync());
    const pictures = [autoencoder.decode(latents), autoencoder.decodeIndices(indices)];
    expect(pictures[1]?.dataSync()).toEqual(pictures[0]?.dataSync());
    expect(tf.memory().numTensors - before).toBe(5);
    tf.dispose([latents, indices, again, ...pictures]);
  });

  it.each(kinds)("%s: decodes latents that are no codes as they are", (kind) => {
    const autoencoder = make(kind);
    const latents = tf.tidy(() => autoencoder.encode(squares(2, 8)).add<tf.Tensor4D>(0.01));
    const decoded = autoencoder.decode(latents);
    const expected = autoencoder.reconstruct(latents);
    expect(decoded.dataSync()).toEqual(expected.dataSync());
    tf.dispose([latents, decoded, expected]);
  });

  it.each(kinds)("%s: sends a gradient to the encoder and the decoder, and leaks nothing", (kind) => {
    const autoencoder = make(kind);
    const pixels = squares(2, 8);
    const before = tf.memory().numTensors;
    train(autoencoder, pixels, 1);
    const assignments = new Assignments();
    const { outputs, gradients } = valueAndGrads(
      () => ({
        loss: quantizedAutoencoderLoss(autoencoder, pixels, { generator: new Generator(1), assignments })
          .reconstructionLossSum,
      }),
      autoencoder.parameters(),
    );
    for (const [name, gradient] of gradients) {
      if (!/^(en|de)coder\./.test(name)) continue;
      expect(
        tf.tidy(() => gradient.abs().max().dataSync()[0]),
        name,
      ).toBeGreaterThan(0);
    }
    assignments.dispose();
    tf.dispose([outputs.loss, ...gradients.values()]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(kinds)("%s: comes back from its config and weights, buffers included", async (kind) => {
    const autoencoder = make(kind);
    train(autoencoder, squares(2, 8), 2);
    const { config, tensors } = await saveImageTokenizer(autoencoder);
    const loaded = loadImageTokenizer({ config: JSON.parse(JSON.stringify(config)), tensors });
    expect(loaded.config).toEqual(config);
    const pixels = squares(2, 8);
    expect(isDiscrete(loaded)).toBe(true);
    expect((loaded as QuantizedAutoencoder).encodeToIndices(pixels).dataSync()).toEqual(
      autoencoder.encodeToIndices(pixels).dataSync(),
    );
    expect([...loaded.state().keys()]).toEqual([...autoencoder.state().keys()]);
  });

  it("learns a few pictures by heart, and then has latents of mean 0 and std 1 in each channel", async () => {
    const autoencoder = new QuantizedAutoencoder(quantizedAutoencoderRecipes.debug(), new Generator(1));
    const pixels = squares(4, 16);
    tf.tidy(() => autoencoder.quantizer.startFrom(autoencoder.unquantized(pixels), new Generator(2)));
    const errors = train(autoencoder, pixels, 40);
    expect(errors[0]).toBeGreaterThan(0.5);
    expect(errors.slice(-5).reduce((sum, error) => sum + error, 0) / 5).toBeLessThan(0.2);
    autoencoder.setLatentStatistics(await measureLatentStatistics(autoencoder, [pixels]));
    const { mean, variance } = tf.moments(autoencoder.encode(pixels), [0, 1, 2]);
    for (const value of mean.dataSync()) expect(Math.abs(value)).toBeLessThan(1e-3);
    for (const value of variance.dataSync()) expect(Math.abs(value - 1)).toBeLessThan(1e-2);
  });

  it("pads sizes and aspects that do not divide and crops back on request", () => {
    const autoencoder = make("finite-scalar");
    const indices = autoencoder.encodeToIndices(tf.zeros([1, 10, 7, 3]));
    expect(indices.shape).toEqual([1, 3, 2]);
    expect(autoencoder.decodeIndices(indices).shape).toEqual([1, 12, 8, 3]);
    expect(autoencoder.decodeIndices(indices, { height: 10, width: 7 }).shape).toEqual([1, 10, 7, 3]);
  });

  it("names what does not fit", () => {
    const autoencoder = make("vector");
    expect(() => autoencoder.encodeToIndices(tf.zeros([1, 8, 8, 4]))).toThrow("it must be [B, H, W, 3]");
    expect(() => autoencoder.encode(tf.zeros([1, 2, 8, 3]))).toThrow("height (=2) must be at least");
    expect(() => autoencoder.unquantized(tf.zeros([1, 8, 9, 3]))).toThrow("width (=9) must be divisible by");
    expect(() => autoencoder.decode(tf.zeros([1, 2, 2, 3]))).toThrow("it must be [B, H, W, 4]");
    expect(() => autoencoder.decodeIndices(tf.tensor([16, 0, 0, 0], [1, 2, 2], "int32"))).toThrow("16");
    expect(() => autoencoder.encode(tf.fill([1, 8, 8, 3], Number.NaN))).toThrow(/NaN|finite/);
  });
});

describe("resolveQuantizedAutoencoderConfig", () => {
  it("has complete recipes that survive JSON", () => {
    for (const recipe of Object.values(quantizedAutoencoderRecipes)) {
      const config = recipe();
      expect(resolveQuantizedAutoencoderConfig(JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  });

  it.each([
    [{ normGroups: 5 }, "must be divisible by normGroups (=5)"],
    [{ latentMean: [0] }, "latentMean has 1 entries; latentChannels (=4) needs one each"],
    [{ latentChannels: 4 }, "latentChannels"],
    [{ quantizer: { type: "vector", numCodes: 0, dim: 4 } }, "numCodes"],
    [{ quantizer: { type: "finite" } }, 'type (="finite")'],
    [{ quantizer: undefined }, "quantizer"],
    [
      { resampling: "shuffle-residual", quantizer: { type: "finite-scalar", levels: [8, 6, 5] } },
      "must be divisible by latentChannels (=3)",
    ],
  ])("rejects %o", (change, message) => {
    const config = { ...debugWith(quantizers.vector as (typeof quantizers)[string]), ...change };
    expect(() => resolveQuantizedAutoencoderConfig(config as QuantizedAutoencoderConfigInput)).toThrow(message);
  });

  it("tells tokenizers with codes from those without", () => {
    expect(isDiscrete(new PixelTokenizer())).toBe(false);
  });
});
