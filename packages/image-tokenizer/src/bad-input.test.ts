/** What users hand in wrongly, tokenizer by tokenizer: each is an error that names what was given and what was wanted. */
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { type DiscreteImageTokenizer, type ImageTokenizer, isDiscrete } from "./image-tokenizer.ts";
import { klAutoencoderRecipes } from "./kl-autoencoder/config.ts";
import { KlAutoencoder } from "./kl-autoencoder/kl-autoencoder.ts";
import { encodeLarge } from "./large/large-pictures.ts";
import { rotateQuarterTurns } from "./objectives/resample.ts";
import { PixelTokenizer } from "./pixel-tokenizer.ts";
import { QuantizedAutoencoder } from "./quantized-autoencoder/quantized-autoencoder.ts";
import { quantizedAutoencoderRecipes } from "./quantized-autoencoder/recipes.ts";
import { quantizerFromConfig } from "./quantizers/from-config.ts";
import { loadImageTokenizer, saveImageTokenizer } from "./weights.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const klAutoencoder = () => new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
const quantized = () => new QuantizedAutoencoder(quantizedAutoencoderRecipes.debug(), new Generator(1));
const fsq = () =>
  new QuantizedAutoencoder(
    {
      ...quantizedAutoencoderRecipes.debug(),
      quantizer: { type: "finite-scalar", levels: [5, 5, 5] },
      latentMean: undefined,
      latentStd: undefined,
    },
    new Generator(1),
  );

type Case = { name: string; make: () => ImageTokenizer };
const tokenizers: Case[] = [
  { name: "pixels", make: () => new PixelTokenizer() },
  { name: "KL autoencoder", make: klAutoencoder },
  { name: "vector-quantized autoencoder", make: quantized },
  { name: "finite-scalar-quantized autoencoder", make: fsq },
];
const withCodes = tokenizers.slice(2) as { name: string; make: () => DiscreteImageTokenizer }[];

/** Runs `f`, and asserts that it left no tensor behind. */
function expectNoLeak(f: () => void): void {
  const before = tf.memory().numTensors;
  f();
  expect(tf.memory().numTensors).toBe(before);
}

describe.each(tokenizers)("bad input of $name", ({ make }) => {
  it("NaN and infinite pixels, with their place", () => {
    const tokenizer = make();
    for (const [value, shown] of [
      [Number.NaN, "NaN"],
      [Number.NEGATIVE_INFINITY, "-Infinity"],
    ] as const) {
      const values = new Float32Array(2 * 8 * 12 * 3).fill(0.5);
      values[((1 * 8 + 3) * 12 + 5) * 3 + 2] = value;
      const pixels = tf.tensor4d(values, [2, 8, 12, 3]);
      const message = `.encode: pixels_BHWC[1, 3, 5, 2] (=${shown}) must be a number in [-1, 1]`;
      expectNoLeak(() => expect(() => tokenizer.encode(pixels)).toThrow(message));
      if (isDiscrete(tokenizer)) {
        expectNoLeak(() =>
          expect(() => tokenizer.encodeToIndices(pixels)).toThrow(
            `.encodeToIndices: pixels_BHWC[1, 3, 5, 2] (=${shown})`,
          ),
        );
      }
      if (tokenizer instanceof KlAutoencoder || tokenizer instanceof QuantizedAutoencoder) {
        expectNoLeak(() => expect(() => encodeLarge(tokenizer, pixels)).toThrow(message));
      }
    }
    tokenizer.dispose();
  });

  it("pixels of other channels, pictures smaller than the factor, latents of another width", () => {
    const tokenizer = make();
    const f = tokenizer.downsampling;
    const grey = tf.zeros<tf.Rank.R4>([1, 8, 8, 1]);
    expect(() => tokenizer.encode(grey)).toThrow(/pixels_BHWC has shape \[1,8,8,1\]; it must be \[B, H, W, 3\]/);
    if (f > 1) {
      const small = tf.zeros<tf.Rank.R4>([1, 8, f - 1, 3]);
      expect(() => tokenizer.encode(small)).toThrow(
        `width (=${f - 1}) must be at least the downsampling factor (=${f})`,
      );
    }
    const wide = tf.zeros<tf.Rank.R4>([1, 2, 2, 9]);
    expect(() => tokenizer.decode(wide)).toThrow(
      `latents_BHWC has shape [1,2,2,9]; it must be [B, H, W, ${tokenizer.latentChannels}]`,
    );
    const latents = tf.zeros<tf.Rank.R4>([1, 2, 2, tokenizer.latentChannels]);
    expect(() => tokenizer.decode(latents, { height: 2 * f, width: 2 * f + 1 })).toThrow(
      `${2 * f}x${2 * f + 1} is larger than the pixels, ${2 * f}x${2 * f}`,
    );
    tokenizer.dispose();
  });
});

describe("sizes that the factor does not divide", () => {
  it("are padded by encode, and refused in training", () => {
    const pixels = tf.zeros<tf.Rank.R4>([1, 8, 10, 3]);
    const message = /height \(=8\) and width \(=10\) must be divisible by the downsampling factor \(=4\)/;
    const [kl, vq] = [klAutoencoder(), quantized()];
    expect(() => kl.posterior(pixels)).toThrow(message);
    expect(() => vq.unquantized(pixels)).toThrow(message);
    expect(kl.encode(pixels).shape).toEqual([1, 2, 3, 4]);
    expect(vq.encodeToIndices(pixels).shape).toEqual([1, 2, 3]);
    for (const tokenizer of [kl, vq]) tokenizer.dispose();
  });
});

describe.each(withCodes)("codes of a $name", ({ make }) => {
  it("out of range, or not int32", () => {
    const tokenizer = make();
    const { numCodes } = tokenizer;
    for (const wrong of [numCodes, -1]) {
      const indices = tf.tensor3d([0, 1, wrong, 2], [1, 2, 2], "int32");
      expectNoLeak(() =>
        expect(() => tokenizer.decodeIndices(indices)).toThrow(
          `indices[2] (=${wrong}) must lie in [0, ${numCodes}), the quantizer's codes`,
        ),
      );
    }
    expect(() => tokenizer.decodeIndices(tf.zeros([1, 2, 2]))).toThrow(/dtype float32\) must be int32/);
    tokenizer.dispose();
  });
});

describe("a quantizer by itself", () => {
  it.each([
    { type: "vector", numCodes: 4, dim: 2 },
    { type: "finite-scalar", levels: [3, 3] },
    { type: "lookup-free", dim: 2 },
    { type: "residual", numStages: 2, stage: { type: "vector", numCodes: 4, dim: 2 } },
    { type: "multi-scale", numCodes: 4, dim: 2, scales: [1] },
  ])("refuses what are no latents, or none: $type", (config) => {
    const quantizer = quantizerFromConfig(config, new Generator(0));
    const none = tf.zeros([0, 1, 1, 2]);
    const rule = "latents (shape [0,1,1,2]) must have at least one vector";
    expect(() => quantizer.quantize(none)).toThrow(rule);
    expect(() => quantizer.quantizeForTraining(none, { generator: new Generator(0) })).toThrow(rule);
    expect(() => quantizer.quantize([[0, 0]] as unknown as tf.Tensor)).toThrow(/quantize: latents must be a tensor/);
    tf.dispose([none]);
    quantizer.dispose();
  });

  it("turns pictures by whole quarters only", () => {
    expect(() => rotateQuarterTurns(tf.zeros([1, 2, 2, 1]), 0.5)).toThrow("quarterTurns (=0.5)");
  });
});

describe("weights of another config", () => {
  it.each(tokenizers.slice(1))("$name: every tensor that does not fit, with both shapes", async ({ make }) => {
    const tokenizer = make();
    const { tensors } = await saveImageTokenizer(tokenizer);
    const config = { ...tokenizer.config, baseChannels: 16 };
    const before = tf.memory().numTensors;
    expect(() => loadImageTokenizer({ config, tensors })).toThrow(
      /"encoder.input.weight" has shape \[3,3,3,8\] instead of \[3,3,3,16\]/,
    );
    const missing = new Map([...tensors].slice(1));
    expect(() => loadImageTokenizer({ config: tokenizer.config, tensors: missing })).toThrow(/is missing/);
    expect(tf.memory().numTensors).toBe(before);
    tokenizer.dispose();
  });
});
