import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { type KlAutoencoderConfigInput, klAutoencoderRecipes } from "../kl-autoencoder/config.ts";
import { KlAutoencoder } from "../kl-autoencoder/kl-autoencoder.ts";
import { QuantizedAutoencoder } from "../quantized-autoencoder/quantized-autoencoder.ts";
import { quantizedAutoencoderRecipes } from "../quantized-autoencoder/recipes.ts";
import { decodeLarge, encodeLarge, encodeLargeToIndices } from "./large-pictures.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

/** A tokenizer of random weights, biases and norms included. */
function tokenizer(changes: Partial<KlAutoencoderConfigInput> = {}): KlAutoencoder {
  const made = new KlAutoencoder({ ...klAutoencoderRecipes.debug(), ...changes }, new Generator(1));
  const generator = new Generator(2);
  for (const variable of made.parameters().values()) {
    const noise = tf.tensor(generator.normalArray(variable.size), variable.shape);
    variable.assign(variable.add(noise.mul(0.1)));
  }
  return made;
}

function random(shape: [number, number, number, number]): tf.Tensor4D {
  // Brighter to the bottom: moments of a strip are not those of the picture.
  const noise = tf.tensor4d(new Generator(3).normalArray(tf.util.sizeFromShape(shape)), shape);
  return noise.mul(0.3).add(tf.linspace(-1, 1, shape[1]).reshape([1, shape[1], 1, 1]));
}

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => a.sub(b).abs().max().dataSync()[0] as number);
}

describe("encodeLarge and decodeLarge without attention", () => {
  it.each([
    ["convolution", 2 ** 26, 8],
    ["convolution", 0, 7],
    ["shuffle", 0, 8],
    ["shuffle-residual", 0, 4],
    ["shuffle-residual", 2 ** 26, 1000],
  ] as const)("are the whole picture's: %s, %d values kept, strips of %d rows", (resampling, keptValues, stripRows) => {
    const autoencoder = tokenizer({ resampling });
    const pixels = random([1, 30, 12, 3]);
    const before = tf.memory().numTensors;
    const latents = encodeLarge(autoencoder, pixels, { stripRows, keptValues });
    const size = { height: 30, width: 10 };
    const decoded = decodeLarge(autoencoder, latents, { stripRows, keptValues, size });
    expect(tf.memory().numTensors - before).toBe(2);
    expect(latents.shape).toEqual([1, 8, 3, 4]);
    expect(largestDifference(latents, autoencoder.encode(pixels))).toBeLessThan(1e-4);
    expect(largestDifference(decoded, autoencoder.decode(latents, size))).toBeLessThan(1e-4);
  });

  it("give the whole picture's codes and indices", () => {
    const autoencoder = new QuantizedAutoencoder(quantizedAutoencoderRecipes.debug(), new Generator(1));
    const pixels = random([1, 30, 12, 3]);
    autoencoder.quantizer.startFrom(autoencoder.unquantized(random([1, 32, 16, 3])), new Generator(2));
    const before = tf.memory().numTensors;
    const indices = encodeLargeToIndices(autoencoder, pixels, { stripRows: 8 });
    expect(tf.memory().numTensors - before).toBe(1);
    expect(new Set(indices.dataSync()).size).toBeGreaterThan(8);
    expect(indices.arraySync()).toEqual(autoencoder.encodeToIndices(pixels).arraySync());
    const latents = encodeLarge(autoencoder, pixels, { stripRows: 8 });
    expect(latents.dataSync()).toEqual(autoencoder.indicesToLatents(indices).dataSync());
  });

  it("would not be with the norms of strips", () => {
    const autoencoder = tokenizer();
    const pixels = random([1, 32, 16, 3]);
    const top = autoencoder.encode(pixels.slice([0, 0, 0, 0], [1, 16, 16, 3]));
    expect(largestDifference(top, autoencoder.encode(pixels).slice([0, 0, 0, 0], top.shape))).toBeGreaterThan(0.1);
  });
});

describe("encodeLarge and decodeLarge with attention", () => {
  it("are the whole picture's in one tile", () => {
    const autoencoder = tokenizer({ useAttention: true });
    const pixels = random([1, 24, 16, 3]);
    const latents = encodeLarge(autoencoder, pixels, { tileSize: 24, tileOverlap: 8 });
    expect(largestDifference(latents, autoencoder.encode(pixels))).toBeLessThan(1e-6);
  });

  it("blend tiles: right away from borders that they share, smooth across them", () => {
    const autoencoder = tokenizer({ useAttention: true });
    const pixels = random([2, 24, 16, 3]);
    const options = { tileSize: 16, tileOverlap: 8 };
    const before = tf.memory().numTensors;
    const latents = encodeLarge(autoencoder, pixels, options);
    const decoded = decodeLarge(autoencoder, latents, options);
    expect(tf.memory().numTensors - before).toBe(2);
    expect(latents.shape).toEqual([2, 6, 4, 4]);
    expect(decoded.shape).toEqual(pixels.shape);
    // The first latents of the first tile are in no other tile; in the middle of two, both count alike.
    const tile = (top: number) => autoencoder.encode(pixels.slice([0, top, 0, 0], [2, 16, 16, 3]));
    const row = (x: tf.Tensor4D, index: number) => x.slice([0, index, 0, 0], [2, 1, 2, 4]);
    expect(largestDifference(row(latents, 0), row(tile(0), 0))).toBeLessThan(1e-6);
    const expected = row(tile(0), 2)
      .mul(2 / 3)
      .add(row(tile(8), 0).mul(1 / 3));
    expect(largestDifference(row(latents, 2), expected)).toBeLessThan(1e-6);
  });

  it("names both sizes of an overlap that does not fit", () => {
    const autoencoder = tokenizer({ useAttention: true });
    expect(() => encodeLarge(autoencoder, random([1, 16, 16, 3]), { tileSize: 8, tileOverlap: 8 })).toThrow(
      "tileOverlap (=8) must be at least 0 and below tileSize (=8)",
    );
  });
});
