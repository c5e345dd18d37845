import {
  KlAutoencoder,
  klAutoencoderRecipes,
  PixelTokenizer,
  QuantizedAutoencoder,
  quantizedAutoencoderRecipes,
} from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, expect, it } from "vitest";
import { decodeAnySize, encodeAnySize, encodeToIndicesAnySize } from "./any-size.ts";

beforeAll(async () => {
  await useBackend({ backend: "wasm" });
});

const pixels = () => tf.clipByValue(tf.tensor4d(new Generator(1).normalArray(144 * 8 * 3), [1, 144, 8, 3]), -1, 1);
const kl = () => new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
const vq = () => new QuantizedAutoencoder(quantizedAutoencoderRecipes.debug(), new Generator(1));
const largestDifference = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => a.sub(b).abs().max().dataSync()[0]);

it.each([
  ["KL", kl],
  ["codes", vq],
  ["pixels", () => new PixelTokenizer()],
] as const)("%s: large pictures, in two strips here, give what they give whole", (_, make) => {
  const tokenizer = make();
  const numTensors = tf.memory().numTensors;
  tf.tidy(() => {
    const latents = encodeAnySize(tokenizer, pixels(), { largeFrom: 1 });
    expect(largestDifference(latents, tokenizer.encode(pixels()))).toBeLessThan(1e-4);
    const size = { height: 141, width: 7 };
    const decoded = decodeAnySize(tokenizer, latents, { ...size, largeFrom: 1 });
    expect(decoded.shape).toEqual([1, 141, 7, 3]);
    expect(largestDifference(decoded, tokenizer.decode(latents, size))).toBeLessThan(1e-4);
  });
  expect(tf.memory().numTensors).toBe(numTensors);
  tokenizer.dispose();
});

it("gives the same indices, and bit for bit the whole's where pictures are small", () => {
  const tokenizer = vq();
  tf.tidy(() => {
    const whole = tokenizer.encodeToIndices(pixels()).dataSync();
    expect(encodeToIndicesAnySize(tokenizer, pixels(), { largeFrom: 1 }).dataSync()).toEqual(whole);
    const latents = encodeAnySize(tokenizer, pixels());
    expect(latents.dataSync()).toEqual(tokenizer.encode(pixels()).dataSync());
  });
  tokenizer.dispose();
});
