/** What the test of image-tokenizer on its own computes, alike in Node and in a browser. */
import {
  decodeLarge,
  encodeLarge,
  KlAutoencoder,
  klAutoencoderRecipes,
  PixelTokenizer,
  QuantizedAutoencoder,
  quantizedAutoencoderRecipes,
  quantizerFromConfig,
  StableDiffusionVae,
} from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";

const quantizers = {
  vector: { type: "vector", numCodes: 32, dim: 4 },
  simvq: { type: "vector", numCodes: 32, dim: 4, learning: "linear" },
  normalised: { type: "vector", numCodes: 32, dim: 4, useL2Norm: true },
  "finite-scalar": { type: "finite-scalar", levels: [8, 5, 5, 5] },
  "lookup-free": { type: "lookup-free", dim: 4 },
  residual: { type: "residual", numStages: 3, stage: { type: "vector", numCodes: 32, dim: 4 } },
  "multi-scale": { type: "multi-scale", numCodes: 32, dim: 4, scales: [1, 2, 4] },
};

const stableDiffusion = {
  type: "stable-diffusion-vae",
  levelChannels: [8, 16],
  blocksPerLevel: 1,
  normGroups: 4,
  attention: "middle",
  latentChannels: 4,
  useEncoderProjection: true,
  useDecoderProjection: true,
};

const tokenizers = {
  pixels: () => new PixelTokenizer(),
  ...Object.fromEntries(
    ["convolution", "shuffle", "shuffle-residual"].map((resampling) => [
      resampling,
      (generator) => new KlAutoencoder({ ...klAutoencoderRecipes.debug(), resampling }, generator),
    ]),
  ),
  codes: (generator) => new QuantizedAutoencoder(quantizedAutoencoderRecipes.debug(), generator),
  "stable-diffusion": (generator) => new StableDiffusionVae(stableDiffusion, generator),
};

/** Everything that is computed on a backend: the backend's name, and values by name. */
export async function computeAll(backend) {
  const report = await useBackend({ backend, precision: "f32" });
  const values = {};
  const keep = async (name, tensor) => {
    values[name] = Array.from(await tensor.data());
    tensor.dispose();
  };
  const random = (seed, shape) => {
    const numbers = new Generator(seed).normalArray(shape.reduce((product, size) => product * size));
    return tf.tensor(numbers, shape);
  };
  for (const [name, config] of Object.entries(quantizers)) {
    const quantizer = quantizerFromConfig(config, new Generator(1));
    const latents = random(2, [2, 4, 4, 4]);
    const { codes, indices } = quantizer.quantize(latents);
    await keep(`${name}, codes of indices`, quantizer.indicesToCodes(indices));
    await keep(`${name}, codes`, codes);
    await keep(`${name}, indices`, indices);
    latents.dispose();
    quantizer.dispose();
  }
  for (const [name, make] of Object.entries(tokenizers)) {
    const tokenizer = make(new Generator(3));
    const pixels = tf.tidy(() => random(4, [1, 14, 16, 3]).mul(0.3));
    const latents = tokenizer.encode(pixels);
    const size = { height: 14, width: 16 };
    await keep(`${name}, decoded`, tokenizer.decode(latents, size));
    if ("encodeToIndices" in tokenizer) {
      const indices = tokenizer.encodeToIndices(pixels);
      await keep(`${name}, decoded indices`, tokenizer.decodeIndices(indices, size));
      await keep(`${name}, indices`, indices);
    }
    if ("hasGlobalSteps" in tokenizer) {
      const options = { stripRows: 8, tileSize: 8, tileOverlap: 4 };
      await keep(`${name}, large, encoded`, encodeLarge(tokenizer, pixels, options));
      await keep(`${name}, large, decoded`, decodeLarge(tokenizer, latents, { ...options, size }));
    }
    await keep(`${name}, encoded`, latents);
    pixels.dispose();
    tokenizer.dispose();
  }
  return { backend: report.backend, values, numTensors: tf.memory().numTensors };
}
