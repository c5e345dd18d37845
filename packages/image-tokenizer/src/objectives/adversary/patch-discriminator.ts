/**
 * PatchGAN (pix2pix, arXiv 1611.07004), the discriminator of VQGAN and latent diffusion: 4 x 4 convolutions, batch
 * normalisation and leaky relu, a score for every overlapping patch (of 70 x 70 pixels with three layers).
 */
// B batch, H height, W width, N patches
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { checkChannels } from "../../checks.ts";
import { ConvolutionLayer } from "../../convolutional/convolution-layer.ts";
import { BatchNorm } from "./batch-norm.ts";
import type { Discriminator } from "./discriminator.ts";
import { leakyRelu } from "./leaky-relu.ts";

const KERNEL_SIZE = 4;
const INITIAL_STD = 0.02;

/** Sizes of a {@link PatchDiscriminator}. */
export type PatchDiscriminatorConfig = {
  /** Channels after the first convolution; published 64. They double with each layer, up to eightfold. */
  readonly baseChannels: number;
  /** Convolutions of stride 2; published 3. */
  readonly numLayers: number;
};

/** The discriminator. Parameters lie under `input`, `layers.N`, `norms.N` and `output`. */
export class PatchDiscriminator extends Module implements Discriminator {
  readonly #input: ConvolutionLayer;
  readonly #layers: readonly { readonly convolution: ConvolutionLayer; readonly norm: BatchNorm }[];
  readonly #output: ConvolutionLayer;
  readonly #smallestSide: number;

  /** @throws RangeError when a size is not a positive whole number. */
  constructor(config: PatchDiscriminatorConfig, generator: Generator) {
    super();
    const { baseChannels, numLayers } = config;
    for (const [name, value] of Object.entries(config)) {
      if (!Number.isInteger(value) || value < 1) {
        throw new RangeError(`PatchDiscriminator: ${name} (=${value}) must be a positive whole number`);
      }
    }
    const layer = (
      name: string,
      sizes: { inputChannels: number; outputChannels: number; stride: number; hasBias: boolean },
    ) =>
      this.child(
        name,
        new ConvolutionLayer(
          { ...sizes, kernelSize: KERNEL_SIZE, padding: [1, 1], std: INITIAL_STD },
          generator.fork(name),
        ),
      );
    this.#input = layer("input", { inputChannels: 3, outputChannels: baseChannels, stride: 2, hasBias: true });
    let channels = baseChannels;
    this.#layers = Array.from({ length: numLayers }, (_, index) => {
      const outputChannels = baseChannels * Math.min(2 ** (index + 1), 8);
      const stride = index === numLayers - 1 ? 1 : 2;
      const sizes = { inputChannels: channels, outputChannels, stride, hasBias: false };
      channels = outputChannels;
      return {
        convolution: layer(`layers.${index}`, sizes),
        norm: this.child(`norms.${index}`, new BatchNorm(outputChannels, generator.fork(`norms.${index}`))),
      };
    });
    this.#output = layer("output", { inputChannels: channels, outputChannels: 1, stride: 1, hasBias: true });
    // The last two convolutions take a pixel off each side: 3 must be left after the halvings.
    this.#smallestSide = 3 * 2 ** numLayers;
  }

  /** @throws RangeError when the channels are not 3 or a side is too small for a patch. */
  forward(pixels_BHWC: tf.Tensor4D): tf.Tensor2D {
    checkChannels("PatchDiscriminator", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    const [batch, height, width] = pixels_BHWC.shape;
    if (Math.min(height, width) < this.#smallestSide) {
      throw new RangeError(
        `PatchDiscriminator: pixels of ${height}x${width} are smaller than ${this.#smallestSide}x${this.#smallestSide}; use fewer layers`,
      );
    }
    let hidden = leakyRelu(this.#input.forward(pixels_BHWC));
    for (const { convolution, norm } of this.#layers) hidden = leakyRelu(norm.forward(convolution.forward(hidden)));
    return this.#output.forward(hidden).reshape([batch, -1]);
  }
}
