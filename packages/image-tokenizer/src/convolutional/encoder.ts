// B batch, H height, W width, C latent channels, O output channels; f downsampling
import { type Generator, tf } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import { Convolution } from "./convolution.ts";
import { LayerSequence } from "./layer-sequence.ts";
import { Norm } from "./norm.ts";
import { averageChannels } from "./pixel-shuffle.ts";
import { Downsample } from "./resample.ts";
import { ResidualBlock } from "./residual-block.ts";
import type { ConvolutionalSizes } from "./sizes.ts";
import { pixelwise, type Step } from "./steps.ts";

/** What comes out of an {@link Encoder}. */
export type EncoderOutput = {
  /** Channels O that come out; at least the latent channels, which come first. */
  readonly outputChannels: number;
  /** First values of the last bias, one an output channel. Default 0. */
  readonly initialBias?: readonly number[];
};

/** Pixels to latents, and to whatever else is predicted beside them: residual blocks at each level, halving between levels. */
export class Encoder extends LayerSequence {
  readonly #norm: Norm;
  readonly #output: Convolution;
  readonly #sizes: ConvolutionalSizes;
  readonly #outputChannels: number;

  constructor(sizes: ConvolutionalSizes, { outputChannels, initialBias }: EncoderOutput, generator: Generator) {
    super(generator);
    const { baseChannels, channelMultipliers, blocksPerLevel, normGroups, useAttention, resampling } = sizes;
    let channels = baseChannels;
    this.add("input", (g) => new Convolution({ inputChannels: 3, outputChannels: channels, kernelSize: 3 }, g));
    channelMultipliers.forEach((multiplier, level) => {
      for (let block = 0; block < blocksPerLevel; block++) {
        const blockSizes = { inputChannels: channels, outputChannels: baseChannels * multiplier, normGroups };
        this.add(`levels.${level}.blocks.${block}`, (g) => new ResidualBlock(blockSizes, g));
        channels = blockSizes.outputChannels;
      }
      const nextMultiplier = channelMultipliers[level + 1];
      if (nextMultiplier === undefined) return;
      // A strided convolution leaves the widening to the next level's first block, where it is cheaper.
      const nextChannels = resampling === "convolution" ? channels : baseChannels * nextMultiplier;
      const downsample = { inputChannels: channels, outputChannels: nextChannels, resampling };
      this.add(`levels.${level}.downsample`, (g) => new Downsample(downsample, g));
      channels = nextChannels;
    });
    if (useAttention) this.add("attention", (g) => new AttentionBlock(channels, normGroups, g));
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    this.add("middle", (g) => new ResidualBlock(middle, g));
    this.#norm = this.child("norm", new Norm(channels, normGroups, "silu"));
    const output = { inputChannels: channels, outputChannels, kernelSize: 3, initialBias } as const;
    this.#output = this.child("output", new Convolution(output, generator.fork("output")));
    this.#sizes = sizes;
    this.#outputChannels = outputChannels;
  }

  /** Maps pixels `[B, H, W, 3]`, sides divisible by f, to `[B, H/f, W/f, O]`. */
  override steps(): readonly Step[] {
    const { resampling, latentChannels } = this.#sizes;
    const layers = super.steps();
    const output = [...this.#norm.steps(), ...this.#output.steps()];
    if (resampling !== "shuffle-residual") return [...layers, ...output];
    const shortcut = pixelwise(1, (features_BHWC) =>
      widened(averageChannels(features_BHWC, latentChannels), this.#outputChannels),
    );
    return [...layers, { kind: "sum", branches: [output, [shortcut]] }];
  }
}

/** With zeros as further channels, `channels` in all. */
function widened(x_BHWC: tf.Tensor4D, channels: number): tf.Tensor4D {
  return tf.pad(x_BHWC, [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, channels - x_BHWC.shape[3]],
  ]);
}
