/** Halving and doubling pictures between levels, in the three ways of `ConvolutionalSizes.resampling`. */
// B batch, H height, W width, I input channels, O output channels
import type { Generator } from "@interfuse/tensor";
import { Convolution } from "./convolution.ts";
import { averageChannels, channelsToSpace, repeatChannels, spaceToChannels } from "./pixel-shuffle.ts";
import type { ConvolutionalSizes } from "./sizes.ts";
import { type LocalStep, pixelwise, type Step } from "./steps.ts";
import { upsampledConvolution } from "./upsampled-convolution.ts";

/** Channels before and after, and how. */
export type ResampleOptions = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly resampling: ConvolutionalSizes["resampling"];
};

/**
 * Halves a picture: a convolution of stride 2; or one to a quarter of the channels whose 2 x 2 squares become channels,
 * with the shortcut added to the input's own squares, averaged to as many channels.
 */
export class Downsample extends Convolution {
  readonly #options: ResampleOptions;

  constructor(options: ResampleOptions, generator: Generator) {
    const { inputChannels, outputChannels, resampling } = options;
    super(
      resampling === "convolution"
        ? { inputChannels, outputChannels, kernelSize: 3, stride: 2 }
        : { inputChannels, outputChannels: outputChannels / 4, kernelSize: 3 },
      generator,
    );
    this.#options = options;
  }

  /** Maps `[B, H, W, I]` to `[B, H/2, W/2, O]`. */
  override steps(): readonly Step[] {
    const { outputChannels, resampling } = this.#options;
    if (resampling === "convolution") return super.steps();
    const shuffled = [...super.steps(), pixelwise(0.5, spaceToChannels)];
    if (resampling === "shuffle") return shuffled;
    const shortcut = pixelwise(0.5, (x_BHWI) => averageChannels(spaceToChannels(x_BHWI), outputChannels));
    return [{ kind: "sum", branches: [shuffled, [shortcut]] }];
  }
}

/**
 * Doubles a picture: nearest neighbours and a convolution; or a convolution to four times the channels that become 2 x 2
 * squares, with the shortcut added to squares of the input's own channels, repeated.
 */
export class Upsample extends Convolution {
  readonly #options: ResampleOptions;

  constructor(options: ResampleOptions, generator: Generator) {
    const { inputChannels, outputChannels, resampling } = options;
    const made = resampling === "convolution" ? outputChannels : 4 * outputChannels;
    super({ inputChannels, outputChannels: made, kernelSize: 3 }, generator);
    this.#options = options;
  }

  /** Maps `[B, H, W, I]` to `[B, 2H, 2W, O]`. */
  override steps(): readonly Step[] {
    const { outputChannels, resampling } = this.#options;
    if (resampling === "convolution") {
      const run: LocalStep["run"] = (x_BHWI, padding) => upsampledConvolution(x_BHWI, this.weight, this.bias, padding);
      return [{ kind: "local", scale: 2, above: 1, below: 1, run }];
    }
    const shuffled = [...super.steps(), pixelwise(2, channelsToSpace)];
    if (resampling === "shuffle") return shuffled;
    const shortcut = pixelwise(2, (x_BHWI) => channelsToSpace(repeatChannels(x_BHWI, 4 * outputChannels)));
    return [{ kind: "sum", branches: [shuffled, [shortcut]] }];
  }
}
