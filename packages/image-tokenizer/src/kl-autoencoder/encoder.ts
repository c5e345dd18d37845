// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import type { KlAutoencoderConfig } from "./config.ts";
import { Convolution } from "./convolution.ts";
import { Norm } from "./norm.ts";
import { ResidualBlock } from "./residual-block.ts";

/**
 * Where log variances start: a deviation of 0.05 beside means of about 1. From 0 the decoder would first see mostly noise,
 * and took a third more steps to the same error (debug recipe, four pictures by heart).
 */
const FIRST_LOG_VARIANCE = -6;

/** A step of the network. */
type Layer = { forward(x: tf.Tensor4D): tf.Tensor4D };

/** Pixels to mean and log variance: residual blocks at each level, a stride-2 convolution between levels. */
export class Encoder extends Module {
  readonly #layers: readonly Layer[];

  constructor(config: KlAutoencoderConfig, generator: Generator) {
    super();
    const { baseChannels, channelMultipliers, blocksPerLevel, latentChannels, normGroups, useAttention } = config;
    const layers: Layer[] = [];
    const add = <M extends Module & Layer>(name: string, make: (generator: Generator) => M) => {
      layers.push(this.child(name, make(generator.fork(name))));
    };
    let channels = baseChannels;
    add("input", (g) => new Convolution({ inputChannels: 3, outputChannels: channels, kernelSize: 3 }, g));
    channelMultipliers.forEach((multiplier, level) => {
      for (let block = 0; block < blocksPerLevel; block++) {
        const sizes = { inputChannels: channels, outputChannels: baseChannels * multiplier, normGroups };
        add(`levels.${level}.blocks.${block}`, (g) => new ResidualBlock(sizes, g));
        channels = sizes.outputChannels;
      }
      if (level < channelMultipliers.length - 1) {
        const sizes = { inputChannels: channels, outputChannels: channels, kernelSize: 3, stride: 2 } as const;
        add(`levels.${level}.downsample`, (g) => new Convolution(sizes, g));
      }
    });
    if (useAttention) add("attention", (g) => new AttentionBlock(channels, normGroups, g));
    const sizes = { inputChannels: channels, outputChannels: channels, normGroups };
    add("middle", (g) => new ResidualBlock(sizes, g));
    add("norm", () => new Norm(channels, normGroups, "silu"));
    const output = {
      inputChannels: channels,
      outputChannels: 2 * latentChannels,
      kernelSize: 3,
      initialBias: Array.from({ length: 2 * latentChannels }, (_, i) => (i < latentChannels ? 0 : FIRST_LOG_VARIANCE)),
    } as const;
    add("output", (g) => new Convolution(output, g));
    this.#layers = layers;
  }

  /** Maps pixels `[B, H, W, 3]`, sides divisible by f, to `[B, H/f, W/f, 2C]`: means, then log variances. */
  forward(pixels_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.#layers.reduce((x, layer) => layer.forward(x), pixels_BHWC);
  }
}
