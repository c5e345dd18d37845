import { Generator, tf, useBackend } from "@interfuse/tensor";
import { beforeAll, describe, expect, it } from "vitest";
import { klAutoencoderRecipes } from "./kl-autoencoder/config.ts";
import { KlAutoencoder } from "./kl-autoencoder/kl-autoencoder.ts";
import { PixelTokenizer } from "./pixel-tokenizer.ts";
import { imageTokenizerFromConfig, loadImageTokenizer, saveImageTokenizer } from "./weights.ts";

beforeAll(async () => {
  await useBackend({ backend: "cpu" });
});

describe("saving and loading", () => {
  it("gives the same latents and pixels, through JSON, statistics included", async () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    autoencoder.setLatentStatistics({ latentMean: [1, 2, 3, 4], latentStd: [0.5, 1, 2, 4] });
    const { config, tensors } = await saveImageTokenizer(autoencoder);
    const loaded = loadImageTokenizer({ config: JSON.parse(JSON.stringify(config)), tensors });
    expect(loaded.config).toEqual(config);
    const pixels = tf.tensor4d(new Generator(2).normalArray(192), [1, 8, 8, 3]);
    const latents = autoencoder.encode(pixels);
    expect(loaded.encode(pixels).dataSync()).toEqual(latents.dataSync());
    expect(loaded.decode(latents).dataSync()).toEqual(autoencoder.decode(latents).dataSync());
  });

  it("refuses weights that do not fit, and frees what it began", async () => {
    const autoencoder = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(1));
    const { config, tensors } = await saveImageTokenizer(autoencoder);
    const broken = new Map(tensors);
    broken.delete("decoder.output.bias");
    const before = tf.memory().numTensors;
    expect(() => loadImageTokenizer({ config, tensors: broken })).toThrow("decoder.output.bias");
    expect(tf.memory().numTensors).toBe(before);
  });

  it("knows its types", async () => {
    const generator = new Generator(1);
    const { config, tensors } = await saveImageTokenizer(imageTokenizerFromConfig({ type: "pixels" }, generator));
    expect(loadImageTokenizer({ config, tensors })).toBeInstanceOf(PixelTokenizer);
    expect(() => imageTokenizerFromConfig({ type: "vq" }, generator)).toThrow('type (="vq") must be');
    expect(() => imageTokenizerFromConfig(undefined, generator)).toThrow("type (=undefined)");
    expect(() => imageTokenizerFromConfig({ type: "pixels", factor: 2 }, generator)).toThrow("factor");
  });
});

describe("PixelTokenizer", () => {
  it("is the identity, hands out its own tensors, and crops", () => {
    const tokenizer = new PixelTokenizer();
    const pixels = tf.tensor4d(new Generator(2).normalArray(48), [1, 4, 4, 3]);
    const before = tf.memory().numTensors;
    const latents = tokenizer.encode(pixels);
    const decoded = tokenizer.decode(latents);
    expect(decoded.dataSync()).toEqual(pixels.dataSync());
    expect(tokenizer.decode(latents, { height: 2, width: 3 }).shape).toEqual([1, 2, 3, 3]);
    latents.dispose();
    expect(pixels.dataSync()).toHaveLength(48);
    expect(tf.memory().numTensors - before).toBe(2);
    expect(() => tokenizer.encode(tf.zeros([1, 4, 4, 4]))).toThrow("it must be [B, H, W, 3]");
  });
});
