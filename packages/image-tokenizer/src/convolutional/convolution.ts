// B batch, H height, W width, I input channels, O output channels
import type { Generator, tf } from "@interfuse/tensor";
import { ConvolutionLayer } from "./convolution-layer.ts";
import type { Layer } from "./layer.ts";
import { type LocalStep, runWhole, type Step } from "./steps.ts";

/** Sizes of a {@link Convolution}. */
export type ConvolutionOptions = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Side of the square kernel, 1 or 3. */
  readonly kernelSize: 1 | 3;
  /** 2 halves the picture, padding only below and on the right, as latent diffusion does (arXiv 2112.10752). Default 1, padded evenly. */
  readonly stride?: 1 | 2;
  /** Multiplies the initial weights, normal with standard deviation `1/sqrt(inputs)`. Default 1. */
  readonly gain?: number;
  /** First values of the bias, one an output channel. Default 0. */
  readonly initialBias?: readonly number[];
};

/** A convolution with bias that keeps the size, or halves it. Parameters: `weight [k, k, I, O]`, `bias [O]`. */
export class Convolution extends ConvolutionLayer implements Layer {
  readonly #scale: 0.5 | 1;

  constructor({ gain = 1, stride = 1, ...sizes }: ConvolutionOptions, generator: Generator) {
    const after = (sizes.kernelSize - 1) / 2;
    const std = gain / Math.sqrt(sizes.kernelSize * sizes.kernelSize * sizes.inputChannels);
    super({ ...sizes, stride, std, padding: [stride === 1 ? after : 0, after] }, generator);
    this.#scale = stride === 1 ? 1 : 0.5;
  }

  /** All steps, those that subclasses add too. */
  override forward(x_BHWI: tf.Tensor4D): tf.Tensor4D {
    return runWhole(this.steps(), x_BHWI);
  }

  /** Maps `[B, H, W, I]` to `[B, H / stride, W / stride, O]`. */
  steps(): readonly Step[] {
    const [above, below] = this.padding;
    const run: LocalStep["run"] = (x_BHWI, padding, addend_BHWO) => this.convolve(x_BHWI, padding, addend_BHWO);
    return [{ kind: "local", scale: this.#scale, above, below, run, adds: true }];
  }
}
