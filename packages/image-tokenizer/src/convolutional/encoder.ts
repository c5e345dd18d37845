// B batch, H height, W width, C latent channels, O output channels; f downsampling
import { type Generator, Module, tf } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import { Convolution } from "./convolution.ts";
import { Norm } from "./norm.ts";
import { averageChannels } from "./pixel-shuffle.ts";
import { Downsample } from "./resample.ts";
import { ResidualBlock } from "./residual-block.ts";
import type { ConvolutionalSizes } from "./sizes.ts";

/** A step of the network. */
type Layer = { forward(x: tf.Tensor4D): tf.Tensor4D };

/** What comes out of an {@link Encoder}. */
export type EncoderOutput = {
  /** Channels O that come out; at least the latent channels, which come first. */
  readonly outputChannels: number;
  /** First values of the last bias, one an output channel. Default 0. */
  readonly initialBias?: readonly number[];
};

/** Pixels to latents, and to whatever else is predicted beside them: residual blocks at each level, halving between levels. */
export class Encoder extends Module {
  readonly #layers: readonly Layer[];
  readonly #norm: Norm;
  readonly #output: Convolution;
  readonly #sizes: ConvolutionalSizes;

  constructor(sizes: ConvolutionalSizes, { outputChannels, initialBias }: EncoderOutput, generator: Generator) {
    super();
    const { baseChannels, channelMultipliers, blocksPerLevel, normGroups, useAttention, resampling } = sizes;
    const layers: Layer[] = [];
    const add = <M extends Module & Layer>(name: string, make: (generator: Generator) => M) => {
      layers.push(this.child(name, make(generator.fork(name))));
    };
    let channels = baseChannels;
    add("input", (g) => new Convolution({ inputChannels: 3, outputChannels: channels, kernelSize: 3 }, g));
    channelMultipliers.forEach((multiplier, level) => {
      for (let block = 0; block < blocksPerLevel; block++) {
        const blockSizes = { inputChannels: channels, outputChannels: baseChannels * multiplier, normGroups };
        add(`levels.${level}.blocks.${block}`, (g) => new ResidualBlock(blockSizes, g));
        channels = blockSizes.outputChannels;
      }
      const nextMultiplier = channelMultipliers[level + 1];
      if (nextMultiplier === undefined) return;
      // A strided convolution leaves the widening to the next level's first block, where it is cheaper.
      const nextChannels = resampling === "convolution" ? channels : baseChannels * nextMultiplier;
      const downsample = { inputChannels: channels, outputChannels: nextChannels, resampling };
      add(`levels.${level}.downsample`, (g) => new Downsample(downsample, g));
      channels = nextChannels;
    });
    if (useAttention) add("attention", (g) => new AttentionBlock(channels, normGroups, g));
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    add("middle", (g) => new ResidualBlock(middle, g));
    this.#layers = layers;
    this.#norm = this.child("norm", new Norm(channels, normGroups, "silu"));
    const output = { inputChannels: channels, outputChannels, kernelSize: 3, initialBias } as const;
    this.#output = this.child("output", new Convolution(output, generator.fork("output")));
    this.#sizes = sizes;
  }

  /** Maps pixels `[B, H, W, 3]`, sides divisible by f, to `[B, H/f, W/f, O]`. */
  forward(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    const { resampling, latentChannels } = this.#sizes;
    const features = this.#layers.reduce((x, layer) => layer.forward(x), pixels_BHWC);
    const output_BHWO = this.#output.forward(this.#norm.forward(features));
    if (resampling !== "shuffle-residual") return output_BHWO;
    const shortcut = averageChannels(features, latentChannels);
    const numOthers = output_BHWO.shape[3] - latentChannels;
    return output_BHWO.add(
      tf.pad(shortcut, [
        [0, 0],
        [0, 0],
        [0, 0],
        [0, numOthers],
      ]),
    );
  }
}
