// B batch, H height, W width, I input channels, O output channels
import { conv2d, type Generator, initNormal, initZeros, Module, type tf } from "@interfuse/tensor";

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
  /** Zeros on every side. Default: what keeps the size at stride 1, for odd kernels. */
  readonly padding?: number;
  /** Groups of channels. Default 1. */
  readonly groups?: number;
  /** Default true. */
  readonly hasBias?: boolean;
};

/**
 * A convolution of any kernel, stride and grouping, evenly padded: what discriminators and feature networks are made of.
 * Parameters: `weight [k, k, I / groups, O]`, `bias [O]`.
 */
export class ConvolutionLayer extends Module {
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable | undefined;
  readonly #options: { readonly strides: [number, number]; readonly padding: number; readonly groups: number };

  constructor(options: ConvolutionLayerOptions, generator: Generator) {
    super();
    const { inputChannels, outputChannels, kernelSize, std, stride = 1, groups = 1, hasBias = true } = options;
    const shape = [kernelSize, kernelSize, inputChannels / groups, outputChannels];
    this.#weight = this.parameter("weight", initNormal(generator, shape, std));
    this.#bias = hasBias ? this.parameter("bias", initZeros([outputChannels])) : undefined;
    this.#options = { strides: [stride, stride], padding: options.padding ?? (kernelSize - 1) / 2, groups };
  }

  /** Maps `[B, H, W, I]` to `[B, (H + 2 padding - k) / stride + 1, .., O]`, rounded down. */
  forward(x_BHWI: tf.Tensor4D): tf.Tensor4D {
    const { strides, padding, groups } = this.#options;
    return conv2d(x_BHWI, this.#weight, {
      bias: this.#bias,
      strides,
      groups,
      padding: [
        [padding, padding],
        [padding, padding],
      ],
    });
  }
}
