// B batch, H height, W width, Z input channels; f downsampling
import type { Generator } from "@interfuse/tensor";
import { Convolution } from "../convolutional/convolution.ts";
import { Layer } from "../convolutional/layer.ts";
import { Norm } from "../convolutional/norm.ts";
import { Upsample } from "../convolutional/resample.ts";
import { ResidualBlock } from "../convolutional/residual-block.ts";
import type { Step } from "../convolutional/steps.ts";
import { BiasedAttentionBlock } from "./attention-block.ts";
import type { LatentDiffusionSizes } from "./sizes.ts";

/** Channels that enter a {@link LatentDiffusionDecoder}. */
export type LatentDiffusionDecoderInput = {
  /** Z, of the first 3x3 convolution or of the 1x1 convolution before it. */
  readonly inputChannels: number;
  /** Channels between a 1x1 convolution and the first 3x3 one; left out, there is no 1x1 convolution. */
  readonly projectedChannels?: number | undefined;
};

/** Latent diffusion's decoder: a 1x1 convolution (`projection`) first, two middle blocks, one more block a level than the encoder. */
export class LatentDiffusionDecoder extends Layer {
  readonly #layers: Layer[] = [];

  constructor(sizes: LatentDiffusionSizes, input: LatentDiffusionDecoderInput, generator: Generator) {
    super();
    const { levelChannels, blocksPerLevel, normGroups, attention } = sizes;
    const { inputChannels, projectedChannels } = input;
    const add = <L extends Layer>(name: string, make: (generator: Generator) => L) => {
      this.#layers.push(this.child(name, make(generator.fork(name))));
    };
    if (projectedChannels !== undefined) {
      const projection = { inputChannels, outputChannels: projectedChannels, kernelSize: 1 } as const;
      add("projection", (g) => new Convolution(projection, g));
    }
    const lowest = levelChannels.length - 1;
    let channels = levelChannels[lowest] as number;
    const first = {
      inputChannels: projectedChannels ?? inputChannels,
      outputChannels: channels,
      kernelSize: 3,
    } as const;
    add("input", (g) => new Convolution(first, g));
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    add("middle.blocks.0", (g) => new ResidualBlock(middle, g));
    if (attention !== "none") add("middle.attention", (g) => new BiasedAttentionBlock(channels, normGroups, g));
    add("middle.blocks.1", (g) => new ResidualBlock(middle, g));
    for (let level = lowest; level >= 0; level--) {
      for (let index = 0; index <= blocksPerLevel; index++) {
        const block = { inputChannels: channels, outputChannels: levelChannels[level] as number, normGroups };
        add(`levels.${level}.blocks.${index}`, (g) => new ResidualBlock(block, g));
        channels = block.outputChannels;
        if (attention === "lowest-level" && level === lowest) {
          add(`levels.${level}.attentions.${index}`, (g) => new BiasedAttentionBlock(channels, normGroups, g));
        }
      }
      const upsample = { inputChannels: channels, outputChannels: channels, resampling: "convolution" } as const;
      if (level > 0) add(`levels.${level}.upsample`, (g) => new Upsample(upsample, g));
    }
    add("norm", () => new Norm(channels, normGroups, "silu"));
    add("output", (g) => new Convolution({ inputChannels: channels, outputChannels: 3, kernelSize: 3 }, g));
  }

  /** Maps `[B, h, w, Z]` to pixels `[B, f*h, f*w, 3]`. */
  steps(): readonly Step[] {
    return this.#layers.flatMap((layer) => layer.steps());
  }
}
