// B batch, H height, W width, Z input channels; f downsampling
import type { Generator } from "@interfuse/tensor";
import { Convolution } from "../convolutional/convolution.ts";
import { LayerSequence } from "../convolutional/layer-sequence.ts";
import { Norm } from "../convolutional/norm.ts";
import { Upsample } from "../convolutional/resample.ts";
import { ResidualBlock } from "../convolutional/residual-block.ts";
import { BiasedAttentionBlock } from "./attention-block.ts";
import type { LatentDiffusionSizes } from "./sizes.ts";

/** Channels that enter a {@link LatentDiffusionDecoder}. */
export type LatentDiffusionDecoderInput = {
  /** Z, of the first 3x3 convolution or of the 1x1 convolution before it. */
  readonly inputChannels: number;
  /** Channels between a 1x1 convolution and the first 3x3 one; left out, there is no 1x1 convolution. */
  readonly projectedChannels?: number | undefined;
};

/**
 * Latent diffusion's decoder: a 1x1 convolution (`projection`) first, two middle blocks, one more block a level than the encoder.
 * Maps `[B, h, w, Z]` to pixels `[B, f*h, f*w, 3]`.
 */
export class LatentDiffusionDecoder extends LayerSequence {
  constructor(sizes: LatentDiffusionSizes, input: LatentDiffusionDecoderInput, generator: Generator) {
    super(generator);
    const { levelChannels, blocksPerLevel, normGroups, attention } = sizes;
    const { inputChannels, projectedChannels } = input;
    if (projectedChannels !== undefined) {
      const projection = { inputChannels, outputChannels: projectedChannels, kernelSize: 1 } as const;
      this.add("projection", (g) => new Convolution(projection, g));
    }
    const lowest = levelChannels.length - 1;
    let channels = levelChannels[lowest] as number;
    const first = {
      inputChannels: projectedChannels ?? inputChannels,
      outputChannels: channels,
      kernelSize: 3,
    } as const;
    this.add("input", (g) => new Convolution(first, g));
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    this.add("middle.blocks.0", (g) => new ResidualBlock(middle, g));
    if (attention !== "none") this.add("middle.attention", (g) => new BiasedAttentionBlock(channels, normGroups, g));
    this.add("middle.blocks.1", (g) => new ResidualBlock(middle, g));
    for (let level = lowest; level >= 0; level--) {
      for (let index = 0; index <= blocksPerLevel; index++) {
        const block = { inputChannels: channels, outputChannels: levelChannels[level] as number, normGroups };
        this.add(`levels.${level}.blocks.${index}`, (g) => new ResidualBlock(block, g));
        channels = block.outputChannels;
        if (attention === "lowest-level" && level === lowest) {
          this.add(`levels.${level}.attentions.${index}`, (g) => new BiasedAttentionBlock(channels, normGroups, g));
        }
      }
      const upsample = { inputChannels: channels, outputChannels: channels, resampling: "convolution" } as const;
      if (level > 0) this.add(`levels.${level}.upsample`, (g) => new Upsample(upsample, g));
    }
    this.add("norm", () => new Norm(channels, normGroups, "silu"));
    this.add("output", (g) => new Convolution({ inputChannels: channels, outputChannels: 3, kernelSize: 3 }, g));
  }
}
