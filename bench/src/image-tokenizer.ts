/**
 * Encoding and decoding pictures of 256 x 256 with an f8 KL autoencoder, against the same network in PyTorch (channels last,
 * the faster of eager and compiled, and of one picture and several at a time), in turn: medians after warm-up.
 */
import {
  KlAutoencoder,
  klAutoencoderRecipes,
  resolveStableDiffusionVaeConfig,
  StableDiffusionVae,
  type SteppedTokenizer,
} from "@interfuse/image-tokenizer";
import { Generator, type Precision, tf, useBackend } from "@interfuse/tensor";
import { Peer } from "./peer.ts";
import { median } from "./statistics.ts";

const IMAGE_SIZE = 256;
const BATCH_SIZES = [1, 8];
/** Spent on each form and batch size before the fastest is chosen. */
const CHOICE_SECONDS = 2;

/** What to measure; `size` is a key of {@link TOKENIZERS}. */
export interface ImageTokenizerOptions {
  readonly size: string;
  readonly precision: Precision;
  readonly threads: number;
  readonly rounds: number;
  readonly numImages: number;
}

/** A network on both sides: ours with random weights, and what the peer needs to build the same. */
interface BenchedTokenizer {
  readonly make: () => SteppedTokenizer;
  readonly network: "compact" | "autoencoder-kl";
  readonly config: Readonly<Record<"blocksPerLevel" | "latentChannels" | "normGroups", number>> & {
    readonly levelChannels: readonly number[];
  };
}

const f8 = klAutoencoderRecipes.f8();
const stableDiffusion = resolveStableDiffusionVaeConfig({
  type: "stable-diffusion-vae",
  levelChannels: [128, 256, 512, 512],
  blocksPerLevel: 2,
  normGroups: 32,
  attention: "middle",
  latentChannels: 4,
  useEncoderProjection: true,
  useDecoderProjection: true,
});

/** The recipe f8 (2.6 M parameters), and Stable Diffusion 1's autoencoder (84 M). */
export const TOKENIZERS: Readonly<Record<string, BenchedTokenizer>> = {
  f8: {
    make: () => new KlAutoencoder(f8, new Generator(1, "weights")),
    network: "compact",
    config: { ...f8, levelChannels: f8.channelMultipliers.map((multiplier) => multiplier * f8.baseChannels) },
  },
  "stable-diffusion": {
    make: () => new StableDiffusionVae(stableDiffusion, new Generator(1, "weights")),
    network: "autoencoder-kl",
    config: stableDiffusion,
  },
};

/** Measures one network at one precision. */
export async function benchImageTokenizer(options: ImageTokenizerOptions) {
  const { size, precision, threads, rounds, numImages } = options;
  const benched = TOKENIZERS[size];
  if (benched === undefined) {
    throw new RangeError(`image-tokenizer: unknown size "${size}"; there are ${Object.keys(TOKENIZERS).join(", ")}`);
  }
  await useBackend({ backend: "torch", precision, threads });
  const tokenizer = benched.make();
  const batchSizes = BATCH_SIZES.filter((batch) => batch <= numImages);
  const { network, config } = benched;
  const peer = new Peer("image_tokenizer", { network, config, precision, threads, images: numImages, batchSizes });
  try {
    const runs = ownRuns(tokenizer, numImages);
    const chosen = await peer.ask<Record<keyof typeof runs, string>>({ choose: CHOICE_SECONDS });
    const { version } = await peer.ask<{ version: string }>({ version: true });
    const results = [];
    for (const name of ["encode", "decode"] as const) {
      const batchSize = fastest(runs[name], batchSizes);
      const own: number[] = [];
      const others: number[] = [];
      for (let round = 0; round < rounds; round++) {
        own.push(runs[name](batchSize));
        others.push((await peer.ask<{ milliseconds: number }>({ run: name })).milliseconds);
      }
      results.push({
        bench: "image-tokenizer",
        size,
        precision,
        pass: name,
        images: numImages,
        atATime: batchSize,
        msPerImage: median(own) / numImages,
        peer: `PyTorch ${version} ${chosen[name]}`,
        peerMsPerImage: median(others) / numImages,
        ratio: median(others) / median(own),
      });
    }
    return results;
  } finally {
    peer.close();
    tokenizer.dispose();
  }
}

/** Milliseconds of encoding and of decoding all images, so many at a time. */
function ownRuns(tokenizer: SteppedTokenizer, numImages: number) {
  const generator = new Generator(2, "pictures");
  const random = (side: number, channels: number) =>
    tf.tensor4d(generator.normalArray(numImages * side * side * channels), [numImages, side, side, channels]);
  const pixels = random(IMAGE_SIZE, 3);
  const latents = random(IMAGE_SIZE / tokenizer.downsampling, tokenizer.latentChannels);
  const milliseconds = (all: tf.Tensor4D, batchSize: number, run: (batch: tf.Tensor4D) => tf.Tensor4D) => {
    const start = performance.now();
    for (let first = 0; first < numImages; first += batchSize) {
      const batch = all.slice([first, 0, 0, 0], [Math.min(batchSize, numImages - first), -1, -1, -1]);
      tf.dispose([run(batch), batch]);
    }
    return performance.now() - start;
  };
  return {
    encode: (batchSize: number) => milliseconds(pixels, batchSize, (batch) => tokenizer.encode(batch)),
    decode: (batchSize: number) => milliseconds(latents, batchSize, (batch) => tokenizer.decode(batch)),
  };
}

/** The batch size of the least time, each tried for {@link CHOICE_SECONDS} at least. */
function fastest(run: (batchSize: number) => number, batchSizes: readonly number[]): number {
  const least = batchSizes.map((batchSize) => {
    let best = run(batchSize);
    for (const start = performance.now(); performance.now() - start < CHOICE_SECONDS * 1000; ) {
      best = Math.min(best, run(batchSize));
    }
    return best;
  });
  return batchSizes[least.indexOf(Math.min(...least))] as number;
}
