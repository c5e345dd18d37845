// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import type { KlAutoencoderConfig } from "./config.ts";
import { Convolution } from "./convolution.ts";
import { Norm } from "./norm.ts";
import { ResidualBlock } from "./residual-block.ts";
import { upsampleNearest } from "./upsample.ts";

/** A step of the network. */
type Layer = { forward(x: tf.Tensor4D): tf.Tensor4D };

/** Latents to pixels: the encoder's mirror image, with nearest upsampling and a convolution between levels. */
export class Decoder extends Module {
  readonly #layers: readonly Layer[];

  constructor(config: KlAutoencoderConfig, generator: Generator) {
    super();
    const { baseChannels, channelMultipliers, blocksPerLevel, latentChannels, normGroups, useAttention } = config;
    const layers: Layer[] = [];
    const add = <M extends Module & Layer>(name: string, make: (generator: Generator) => M) => {
      layers.push(this.child(name, make(generator.fork(name))));
    };
    const lowest = channelMultipliers.length - 1;
    let channels = baseChannels * (channelMultipliers[lowest] as number);
    add("input", (g) => new Convolution({ inputChannels: latentChannels, outputChannels: channels, kernelSize: 3 }, g));
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    add("middle", (g) => new ResidualBlock(middle, g));
    if (useAttention) add("attention", (g) => new AttentionBlock(channels, normGroups, g));
    for (let level = lowest; level >= 0; level--) {
      const block = { inputChannels: channels, outputChannels: channels, normGroups };
      for (let index = 0; index < blocksPerLevel; index++) {
        add(`levels.${level}.blocks.${index}`, (g) => new ResidualBlock(block, g));
      }
      if (level > 0) {
        const outputChannels = baseChannels * (channelMultipliers[level - 1] as number);
        const upsample = { inputChannels: channels, outputChannels, kernelSize: 3 } as const;
        layers.push({ forward: upsampleNearest });
        add(`levels.${level}.upsample`, (g) => new Convolution(upsample, g));
        channels = outputChannels;
      }
    }
    add("norm", () => new Norm(channels, normGroups, "silu"));
    add("output", (g) => new Convolution({ inputChannels: channels, outputChannels: 3, kernelSize: 3 }, g));
    this.#layers = layers;
  }

  /** Maps latents `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
  forward(latents_BHWC: tf.Tensor4D): tf.Tensor4D {
    return this.#layers.reduce((x, layer) => layer.forward(x), latents_BHWC);
  }
}
