// B batch, H height, W width, I input channels, O output channels
import { conv2d, type Generator, initNormal, Module, tf } from "@interfuse/tensor";
import type { RowPadding } from "./steps.ts";

/** Sizes of a {@link ConvolutionLayer}. */
export type ConvolutionLayerOptions = {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Side of the square kernel. */
  readonly kernelSize: number;
  /** Standard deviation of the initial weights; 0 starts at zero. */
  readonly std: number;
  /** Default 1. */
  readonly stride?: number;
  /** Zeros before and after each row and column. Default: what keeps the size at stride 1, for odd kernels. */
  readonly padding?: readonly [before: number, after: number];
  /** Groups of channels. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly hasBias?: boolean;
  /** First values of the bias, one an output channel. Default 0. */
  readonly initialBias?: readonly number[];
};

/**
 * A convolution of any kernel, stride, padding and grouping: what discriminators and feature networks are made of, and with
 * steps ({@link Convolution}) autoencoders. Parameters: `weight [k, k, I / groups, O]`, `bias [O]`.
 */
export class ConvolutionLayer extends Module {
  protected readonly weight: tf.Variable;
  protected readonly bias: tf.Variable | undefined;
  /** Zeros before and after each row and column. */
  protected readonly padding: readonly [before: number, after: number];
  readonly #stride: number;
  readonly #groups: number;

  constructor(options: ConvolutionLayerOptions, generator: Generator) {
    super();
    const { inputChannels, outputChannels, kernelSize, std, stride = 1, groups = 1, hasBias = true } = options;
    const { padding = [(kernelSize - 1) / 2, (kernelSize - 1) / 2], initialBias } = options;
    const shape = [kernelSize, kernelSize, inputChannels / groups, outputChannels];
    this.weight = this.parameter("weight", initNormal(generator, shape, std));
    const bias = () => tf.tensor1d([...(initialBias ?? Array.from({ length: outputChannels }, () => 0))]);
    this.bias = hasBias ? this.parameter("bias", bias()) : undefined;
    this.padding = padding;
    this.#stride = stride;
    this.#groups = groups;
  }

  /** Maps `[B, H, W, I]` to `[B, (H + padding - k) / stride + 1, .., O]`, rounded down. */
  forward(x_BHWI: tf.Tensor4D): tf.Tensor4D {
    const [top, bottom] = this.padding;
    return this.convolve(x_BHWI, { top, bottom });
  }

  /** The same with other zeros above and below, and something of the result's shape that is added to it. */
  protected convolve(x_BHWI: tf.Tensor4D, { top, bottom }: RowPadding, residual?: tf.Tensor4D): tf.Tensor4D {
    return conv2d(x_BHWI, this.weight, {
      bias: this.bias,
      residual,
      strides: [this.#stride, this.#stride],
      groups: this.#groups,
      padding: [[top, bottom], [...this.padding]],
    });
  }
}
