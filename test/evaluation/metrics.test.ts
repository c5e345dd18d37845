/** Metrics of image tokenizers against PyTorch in float64 (golden/metrics.py), and what they must give by definition. */
import {
  codebookUsage,
  equivarianceErrors,
  type FeatureRows,
  frechetDistance,
  gradientMagnitudeRatio,
  latentSpectrum,
  linearProbe,
  perceptualDistance,
  pooledFeatures,
  psnr,
  ssim,
} from "@interfuse/evaluation";
import { DenoisingNetwork, frozenNetworkEncoder, type Picture } from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { hashedValues } from "../golden/hashed-values.ts";
import golden from "../golden/metrics.json" with { type: "json" };

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const rows = (numRows: number, numFeatures: number, values: ArrayLike<number>): FeatureRows => ({
  numRows,
  numFeatures,
  values: Float32Array.from(values),
});

const hashedRows = (numRows: number, numFeatures: number, seed: number): FeatureRows =>
  rows(numRows, numFeatures, hashedValues(numRows * numFeatures, seed));

const picture = (width: number, height: number, seed: number): Picture => ({
  width,
  height,
  data: Uint8Array.from(hashedValues(width * height * 3, seed), (value) => Math.floor((value + 2) * 63)),
});

describe("frechetDistance", () => {
  it("equals PyTorch's, singular covariances included", () => {
    const mix = hashedValues(144, 3);
    const base = hashedValues(30 * 12, 2);
    const mixed = Array.from({ length: 30 * 12 }, (_, i) => {
      const [row, column] = [Math.floor(i / 12), i % 12];
      let sum = 0.25;
      for (let k = 0; k < 12; k++) sum += ((base[row * 12 + k] as number) * (mix[k * 12 + column] as number)) / 2;
      return sum;
    });
    expect(frechetDistance(hashedRows(40, 12, 1), rows(30, 12, mixed))).toBeCloseTo(golden.frechet.plain, 6);
    expect(frechetDistance(hashedRows(6, 10, 4), hashedRows(7, 10, 5))).toBeCloseTo(golden.frechet.singular, 6);
    expect(frechetDistance(hashedRows(20, 5, 6), hashedRows(20, 5, 6))).toBeCloseTo(0, 6);
  });

  it("is the squared distance of means when only these differ", () => {
    const base = hashedRows(50, 4, 9);
    const moved = rows(
      50,
      4,
      base.values.map((value) => value + 0.5),
    );
    expect(frechetDistance(base, moved)).toBeCloseTo(4 * 0.25, 6);
  });

  it("refuses what does not fit", () => {
    expect(() => frechetDistance(hashedRows(5, 4, 1), hashedRows(5, 3, 1))).toThrow(/have 4 and 3/);
    expect(() => frechetDistance(hashedRows(1, 4, 1), hashedRows(5, 4, 1))).toThrow(/at least 2 rows; these are 1/);
    expect(() => frechetDistance(rows(2, 1, [1, Number.NaN]), hashedRows(5, 1, 1))).toThrow(
      /feature 0 of row 1 is NaN/,
    );
  });
});

describe("latentSpectrum", () => {
  it.each(golden.spectra)(
    "equals PyTorch's for latents of $shape",
    async ({ shape, seed, energies, ratio, pooled }) => {
      const latents = tf.tensor4d(
        hashedValues(tf.util.sizeFromShape(shape), seed),
        shape as [number, number, number, number],
      );
      const spectrum = await latentSpectrum(latents);
      latents.dispose();
      expect(spectrum.energies).toHaveLength(energies.length);
      spectrum.energies.forEach((energy, i) => {
        expect(energy).toBeCloseTo(energies[i] as number, 8);
      });
      expect(spectrum.highFrequencyRatio).toBeCloseTo(ratio, 8);
      expect(spectrum.pooledHighFrequencyRatio).toBeCloseTo(pooled, 8);
    },
  );

  it("finds a checkerboard high, a slow wave low, and nothing in a constant", async () => {
    const grid = (f: (x: number, y: number) => number) =>
      tf.tensor4d(
        Float32Array.from({ length: 64 }, (_, i) => f(i % 8, Math.floor(i / 8))),
        [1, 8, 8, 1],
      );
    expect((await latentSpectrum(grid((x, y) => ((x + y) % 2 === 0 ? 1 : -1)))).highFrequencyRatio).toBeGreaterThan(
      0.8,
    );
    const wave = grid((x, y) => Math.cos(((2 * x + 1) * Math.PI) / 16) + Math.cos(((2 * y + 1) * Math.PI) / 8));
    expect((await latentSpectrum(wave)).highFrequencyRatio).toBeLessThan(1e-12);
    await expect(latentSpectrum(grid(() => 3))).rejects.toThrow(/all blocks are constant/);
  });
});

describe("linearProbe", () => {
  const labelled = (numRows: number, seed: number) => {
    const centres = hashedValues(28, 20);
    const noise = hashedValues(numRows * 7, seed);
    const labels = Array.from({ length: numRows }, (_, row) => (row * 7) % 4);
    const values = noise.map(
      (value, i) => value + (centres[(labels[Math.floor(i / 7)] as number) * 7 + (i % 7)] as number),
    );
    return { features: rows(numRows, 7, values), labels };
  };

  it("equals PyTorch's ridge classifier", () => {
    const result = linearProbe({ train: labelled(60, 21), test: labelled(25, 22) });
    expect(result.predictions).toEqual(golden.probe.predictions);
    expect(result.accuracy).toBeCloseTo(golden.probe.accuracy, 12);
    expect(result.numRight / result.numCases).toBe(result.accuracy);
  });

  it("takes more rows than a call takes arguments", () => {
    const numRows = 200_000;
    const values = Float32Array.from({ length: numRows }, (_, row) => row % 2);
    const set = { features: { numRows, numFeatures: 1, values }, labels: Array.from(values) };
    expect(linearProbe({ train: set, test: set }).numRight).toBe(numRows);
  });

  it("ignores constant features and refuses labels that do not fit", () => {
    const set = { features: rows(4, 2, [0, 5, 1, 5, 2, 5, 3, 5]), labels: [0, 0, 1, 1] };
    expect(linearProbe({ train: set, test: set }).accuracy).toBe(1);
    expect(() => linearProbe({ train: { ...set, labels: [0, 1] }, test: set })).toThrow(/labels \(2\).*4 rows/);
    expect(() => linearProbe({ train: { ...set, labels: [0, 0, 1, -1] }, test: set })).toThrow(/not -1/);
  });
});

describe("codebookUsage", () => {
  it("equals PyTorch's, and refuses what is no code", () => {
    const codes = Array.from(hashedValues(500, 40), (value) => Math.floor((value + 2) * 3));
    const { usage, perplexity, counts } = codebookUsage(codes, 16);
    expect(usage).toBeCloseTo(golden.usage.usage, 12);
    expect(perplexity).toBeCloseTo(golden.usage.perplexity, 10);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(500);
    expect(codebookUsage([0, 1, 2, 3], 4).perplexity).toBeCloseTo(4, 6);
    expect(() => codebookUsage([4], 4)).toThrow(/code 0 \(=4\) must be an index of the codebook of 4/);
    expect(() => codebookUsage([], 4)).toThrow(/no codes/);
  });
});

describe("gradientMagnitudeRatio", () => {
  it("equals PyTorch's, is 1 for equal pictures and below 1 for blurred ones", () => {
    const [a, b] = [picture(11, 9, 30), picture(11, 9, 31)];
    expect(gradientMagnitudeRatio([a], [b])).toBeCloseTo(golden.sharpness, 10);
    expect(gradientMagnitudeRatio([a, b], [a, b])).toBe(1);
    const faded = { ...a, data: a.data.map((value) => Math.round(64 + value / 2)) };
    expect(gradientMagnitudeRatio([faded], [a])).toBeCloseTo(0.5, 1);
    expect(() => gradientMagnitudeRatio([a], [])).toThrow(/\(1\) and references \(0\)/);
    expect(() => gradientMagnitudeRatio([a], [{ ...a, data: new Uint8Array(a.data.length) }])).toThrow(/flat/);
  });
});

describe("psnr and ssim", () => {
  it("equal PyTorch's", () => {
    const [a, other] = [picture(16, 13, 32), picture(16, 13, 33)];
    const b = { ...a, data: a.data.map((value, i) => Math.floor((3 * value + (other.data[i] as number)) / 4)) };
    expect(psnr(a, b)).toBeCloseTo(golden.similarity.psnr, 10);
    expect(ssim(a, b)).toBeCloseTo(golden.similarity.ssim, 10);
  });
});

describe("equivarianceErrors", () => {
  const pixels = () => tf.tensor4d(hashedValues(2 * 16 * 16 * 3, 50), [2, 16, 16, 3]);

  it("is 0 for an encoder that only scales values, and large for one that fixes places", async () => {
    const x = pixels();
    const before = tf.memory().numTensors;
    const linear = await equivarianceErrors((p) => p.mul(2), x);
    expect(linear.scale).toBeLessThan(1e-6);
    expect(linear.rotation).toBeLessThan(1e-6);
    const placed = await equivarianceErrors((p) => {
      const [, height, width] = p.shape;
      return p.mul(0.1).add(tf.range(0, width).reshape([1, 1, width, 1]).tile([1, height, 1, 1])) as tf.Tensor4D;
    }, x);
    expect(placed.rotation).toBeGreaterThan(0.5);
    expect(placed.scale).toBeGreaterThan(0.3);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it("follows its definition", async () => {
    const x = pixels();
    // An encoder that adds 1: t(E(x)) - E(t(x)) is 0, so shift one picture's latents only by what its place in the batch says.
    const weights = tf.tensor4d([1, 3], [2, 1, 1, 1]);
    let calls = 0;
    const { rotation } = await equivarianceErrors((p) => (calls++ === 0 ? p : (p.mul(weights) as tf.Tensor4D)), x);
    // |x - w x| / |w x| = |1 - w| / w: 0 and 2/3.
    expect(rotation).toBeCloseTo(1 / 3, 5);
    await expect(equivarianceErrors((p) => p, tf.zeros([1, 16, 8, 3]))).rejects.toThrow(/16x8 must be square/);
  });
});

describe("metrics on features", () => {
  it("pool and compare pictures by a network, in batches as at once", async () => {
    const network = new DenoisingNetwork({ channels: [4, 6] }, new Generator(1));
    const pictures = [1, 2, 3, 4, 5].map((seed) => picture(8, 8, seed));
    const others = [6, 7, 8, 9, 10].map((seed) => picture(8, 8, seed));
    const before = tf.memory().numTensors;
    const encoder = frozenNetworkEncoder(network);
    const features = await pooledFeatures(encoder, pictures, { batchSize: 2 });
    expect([features.numRows, features.numFeatures]).toEqual([5, 6]);
    const whole = await pooledFeatures(encoder, pictures);
    features.values.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.values[i] as number, 5);
    });
    expect(frechetDistance(features, whole)).toBeCloseTo(0, 5);
    const distances = await perceptualDistance(network, { pictures, references: others }, { batchSize: 2 });
    expect(distances).toHaveLength(5);
    expect(Math.min(...distances)).toBeGreaterThan(0.01);
    const same = await perceptualDistance(network, { pictures, references: pictures });
    expect(Math.max(...same)).toBeLessThan(1e-9);
    expect(tf.memory().numTensors).toBe(before);
    await expect(perceptualDistance(network, { pictures, references: [] })).rejects.toThrow(
      /\(5\) and references \(0\)/,
    );
    const larger = others.map(() => picture(16, 16, 1));
    await expect(perceptualDistance(network, { pictures, references: larger })).rejects.toThrow(/must have one shape/);
    const failing = { ...encoder, encode: () => Promise.reject(new Error("no features")) };
    await expect(pooledFeatures(failing, pictures)).rejects.toThrow("no features");
    for (const batchSize of [0, Number.NaN]) {
      await expect(pooledFeatures(encoder, pictures, { batchSize })).rejects.toThrow(/batchSize \(=/);
      await expect(perceptualDistance(network, { pictures, references: others }, { batchSize })).rejects.toThrow(
        /batchSize \(=/,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
    network.dispose();
  });
});
