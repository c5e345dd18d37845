// B batch, H height, W width, I input channels, O output channels
import { conv2d, type Generator, initNormal, tf } from "@interfuse/tensor";
import { Layer } from "./layer.ts";
import type { RowPadding, Step } from "./steps.ts";

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
export class Convolution extends Layer {
  protected readonly weight: tf.Variable;
  protected readonly bias: tf.Variable;
  readonly #stride: 1 | 2;
  /** Zeros before and after each row and column. */
  readonly #padding: readonly [number, number];

  constructor(options: ConvolutionOptions, generator: Generator) {
    super();
    const { inputChannels, outputChannels, kernelSize, stride = 1, gain = 1, initialBias } = options;
    const std = gain / Math.sqrt(kernelSize * kernelSize * inputChannels);
    const shape = [kernelSize, kernelSize, inputChannels, outputChannels];
    this.weight = this.parameter("weight", initNormal(generator, shape, std));
    this.bias = this.parameter(
      "bias",
      tf.tensor1d(initialBias ? [...initialBias] : Array.from({ length: outputChannels }, () => 0)),
    );
    this.#stride = stride;
    const after = (kernelSize - 1) / 2;
    this.#padding = [stride === 1 ? after : 0, after];
  }

  /** Maps `[B, H, W, I]` to `[B, H / stride, W / stride, O]`. */
  steps(): readonly Step[] {
    const [above, below] = this.#padding;
    const run = (x_BHWI: tf.Tensor4D, padding: RowPadding) => this.#convolve(x_BHWI, padding);
    return [{ kind: "local", scale: this.#stride === 1 ? 1 : 0.5, above, below, run }];
  }

  #convolve(x_BHWI: tf.Tensor4D, { top, bottom }: RowPadding): tf.Tensor4D {
    return conv2d(x_BHWI, this.weight, {
      bias: this.bias,
      strides: [this.#stride, this.#stride],
      padding: [
        [top, bottom],
        [this.#padding[0], this.#padding[1]],
      ],
    });
  }
}
