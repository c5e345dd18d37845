// B batch, H height, W width, C latent channels; f downsampling
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import { Convolution } from "./convolution.ts";
import { Norm } from "./norm.ts";
import { repeatChannels } from "./pixel-shuffle.ts";
import { Upsample } from "./resample.ts";
import { ResidualBlock } from "./residual-block.ts";
import type { ConvolutionalSizes } from "./sizes.ts";

/** A step of the network. */
type Layer = { forward(x: tf.Tensor4D): tf.Tensor4D };

/** Latents to pixels: the encoder's mirror image. */
export class Decoder extends Module {
  readonly #input: Convolution;
  readonly #layers: readonly Layer[];
  /** Channels that the latents are repeated to beside the first convolution; undefined without that shortcut. */
  readonly #shortcutChannels: number | undefined;

  constructor(sizes: ConvolutionalSizes, generator: Generator) {
    super();
    const { baseChannels, channelMultipliers, blocksPerLevel, latentChannels, normGroups, useAttention, resampling } =
      sizes;
    const layers: Layer[] = [];
    const add = <M extends Module & Layer>(name: string, make: (generator: Generator) => M) => {
      layers.push(this.child(name, make(generator.fork(name))));
    };
    const lowest = channelMultipliers.length - 1;
    let channels = baseChannels * (channelMultipliers[lowest] as number);
    const input = { inputChannels: latentChannels, outputChannels: channels, kernelSize: 3 } as const;
    this.#input = this.child("input", new Convolution(input, generator.fork("input")));
    this.#shortcutChannels = resampling === "shuffle-residual" ? channels : undefined;
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
        const upsample = { inputChannels: channels, outputChannels, resampling };
        add(`levels.${level}.upsample`, (g) => new Upsample(upsample, g));
        channels = outputChannels;
      }
    }
    add("norm", () => new Norm(channels, normGroups, "silu"));
    add("output", (g) => new Convolution({ inputChannels: channels, outputChannels: 3, kernelSize: 3 }, g));
    this.#layers = layers;
  }

  /** Maps latents `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
  forward(latents_BHWC: tf.Tensor4D): tf.Tensor4D {
    const input = this.#input.forward(latents_BHWC);
    const features =
      this.#shortcutChannels === undefined ? input : input.add(repeatChannels(latents_BHWC, this.#shortcutChannels));
    return this.#layers.reduce<tf.Tensor4D>((x, layer) => layer.forward(x), features as tf.Tensor4D);
  }
}
