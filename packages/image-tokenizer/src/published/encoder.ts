// B batch, H height, W width, Z output channels; f downsampling
import type { Generator } from "@interfuse/tensor";
import { Convolution } from "../convolutional/convolution.ts";
import { LayerSequence } from "../convolutional/layer-sequence.ts";
import { Norm } from "../convolutional/norm.ts";
import { ResidualBlock } from "../convolutional/residual-block.ts";
import { BiasedAttentionBlock } from "./attention-block.ts";
import type { LatentDiffusionSizes } from "./sizes.ts";

/** Channels that leave a {@link LatentDiffusionEncoder}. */
export type LatentDiffusionEncoderOutput = {
  /** Z of the last 3x3 convolution. */
  readonly outputChannels: number;
  /** Z of a 1x1 convolution after it; left out, there is none. */
  readonly projectedChannels?: number | undefined;
};

/**
 * Latent diffusion's encoder: two middle blocks, and a 1x1 convolution (`projection`) behind the last. Maps pixels `[B, H, W, 3]`,
 * sides divisible by f, to `[B, H/f, W/f, Z]`.
 */
export class LatentDiffusionEncoder extends LayerSequence {
  constructor(sizes: LatentDiffusionSizes, output: LatentDiffusionEncoderOutput, generator: Generator) {
    super(generator);
    const { levelChannels, blocksPerLevel, normGroups, attention } = sizes;
    const { outputChannels, projectedChannels } = output;
    const lowest = levelChannels.length - 1;
    let channels = levelChannels[0] as number;
    const first = { inputChannels: 3, outputChannels: channels, kernelSize: 3 } as const;
    this.add("input", (g) => new Convolution(first, g));
    levelChannels.forEach((levelWidth, level) => {
      for (let index = 0; index < blocksPerLevel; index++) {
        const block = { inputChannels: channels, outputChannels: levelWidth, normGroups };
        this.add(`levels.${level}.blocks.${index}`, (g) => new ResidualBlock(block, g));
        channels = levelWidth;
        if (attention === "lowest-level" && level === lowest) {
          this.add(`levels.${level}.attentions.${index}`, (g) => new BiasedAttentionBlock(channels, normGroups, g));
        }
      }
      const downsample = { inputChannels: channels, outputChannels: channels, kernelSize: 3, stride: 2 } as const;
      if (level < lowest) this.add(`levels.${level}.downsample`, (g) => new Convolution(downsample, g));
    });
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    this.add("middle.blocks.0", (g) => new ResidualBlock(middle, g));
    if (attention !== "none") this.add("middle.attention", (g) => new BiasedAttentionBlock(channels, normGroups, g));
    this.add("middle.blocks.1", (g) => new ResidualBlock(middle, g));
    this.add("norm", () => new Norm(channels, normGroups, "silu"));
    this.add("output", (g) => new Convolution({ inputChannels: channels, outputChannels, kernelSize: 3 }, g));
    if (projectedChannels === undefined) return;
    const projection = { inputChannels: outputChannels, outputChannels: projectedChannels, kernelSize: 1 } as const;
    this.add("projection", (g) => new Convolution(projection, g));
  }
}
