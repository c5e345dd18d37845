// B batch, H height, W width, C latent channels; f downsampling
import type { Generator } from "@interfuse/tensor";
import { AttentionBlock } from "./attention-block.ts";
import { Convolution } from "./convolution.ts";
import { LayerSequence } from "./layer-sequence.ts";
import { Norm } from "./norm.ts";
import { repeatChannels } from "./pixel-shuffle.ts";
import { Upsample } from "./resample.ts";
import { ResidualBlock } from "./residual-block.ts";
import type { ConvolutionalSizes } from "./sizes.ts";
import { pixelwise, type Step } from "./steps.ts";

/** Latents to pixels: the encoder's mirror image. */
export class Decoder extends LayerSequence {
  readonly #input: Convolution;
  /** Channels that the latents are repeated to beside the first convolution; undefined without that shortcut. */
  readonly #shortcutChannels: number | undefined;

  constructor(sizes: ConvolutionalSizes, generator: Generator) {
    super(generator);
    const { baseChannels, channelMultipliers, blocksPerLevel, latentChannels, normGroups, useAttention, resampling } =
      sizes;
    const lowest = channelMultipliers.length - 1;
    let channels = baseChannels * (channelMultipliers[lowest] as number);
    const input = { inputChannels: latentChannels, outputChannels: channels, kernelSize: 3 } as const;
    this.#input = this.child("input", new Convolution(input, generator.fork("input")));
    this.#shortcutChannels = resampling === "shuffle-residual" ? channels : undefined;
    const middle = { inputChannels: channels, outputChannels: channels, normGroups };
    this.add("middle", (g) => new ResidualBlock(middle, g));
    if (useAttention) this.add("attention", (g) => new AttentionBlock(channels, normGroups, g));
    for (let level = lowest; level >= 0; level--) {
      const block = { inputChannels: channels, outputChannels: channels, normGroups };
      for (let index = 0; index < blocksPerLevel; index++) {
        this.add(`levels.${level}.blocks.${index}`, (g) => new ResidualBlock(block, g));
      }
      if (level > 0) {
        const outputChannels = baseChannels * (channelMultipliers[level - 1] as number);
        const upsample = { inputChannels: channels, outputChannels, resampling };
        this.add(`levels.${level}.upsample`, (g) => new Upsample(upsample, g));
        channels = outputChannels;
      }
    }
    this.add("norm", () => new Norm(channels, normGroups, "silu"));
    this.add("output", (g) => new Convolution({ inputChannels: channels, outputChannels: 3, kernelSize: 3 }, g));
  }

  /** Maps latents `[B, h, w, C]` to pixels `[B, f*h, f*w, 3]`. */
  override steps(): readonly Step[] {
    const shortcutChannels = this.#shortcutChannels;
    const layers = super.steps();
    if (shortcutChannels === undefined) return [...this.#input.steps(), ...layers];
    const shortcut = pixelwise(1, (latents_BHWC) => repeatChannels(latents_BHWC, shortcutChannels));
    return [{ kind: "sum", branches: [this.#input.steps(), [shortcut]] }, ...layers];
  }
}
