/**
 * R3GAN's discriminator (arXiv 2501.05441): residual blocks of 1x1, grouped 3x3 and 1x1 convolutions without any
 * normalisation, `[1, 2, 1]` downsampling, and one score a picture from a 4 x 4 map. Initial weights are scaled so that the
 * blocks start as the identity and their sum does not grow with depth.
 *
 * Departure: without the augmentation, which its authors use for small data sets.
 */
// B batch, H height, W width, C channels
import { type Generator, initNormal, initZeros, linear, Module, tf } from "@interfuse/tensor";
import { checkChannels } from "../../checks.ts";
import { ConvolutionLayer } from "../../convolutional/convolution-layer.ts";
import type { Discriminator } from "./discriminator.ts";
import { leakyRelu } from "./leaky-relu.ts";

/** Side of the map that the score is read from. */
const BASIS_SIDE = 4;
const SLOPE = 0.2;
/** Keeps the variance through a leaky relu. */
const ACTIVATION_GAIN = Math.sqrt(2 / (1 + SLOPE ** 2));

/** Sizes of a {@link ResidualDiscriminator}; the pictures' side must be `4 * 2 ** (stages - 1)`. */
export type ResidualDiscriminatorConfig = {
  /** Channels of each stage, full resolution first; between stages the picture is halved. */
  readonly channels: readonly number[];
  /** Residual blocks of each stage; published 2. */
  readonly blocksPerStage: number;
  /** Channels of each group in the grouped convolutions. */
  readonly groupChannels: number;
  /** Channels inside a block, as a multiple of those outside; published 2. */
  readonly expansion: number;
};

/** The discriminator. Parameters lie under `input`, `stages.N.blocks.M`, `stages.N.narrow`, `basis` and `output`. */
export class ResidualDiscriminator extends Module implements Discriminator {
  readonly #side: number;
  readonly #input: ConvolutionLayer;
  readonly #layers: ((x_BHWC: tf.Tensor4D) => tf.Tensor4D)[] = [];
  readonly #basis: tf.Variable;
  readonly #output: tf.Variable;

  /** @throws RangeError when the groups do not divide the inner channels. */
  constructor(
    { channels, blocksPerStage, groupChannels, expansion }: ResidualDiscriminatorConfig,
    generator: Generator,
  ) {
    super();
    channels.forEach((outer, stage) => {
      if ((outer * expansion) % groupChannels !== 0) {
        throw new RangeError(
          `ResidualDiscriminator: channels[${stage}] (=${outer}) * expansion (=${expansion}) must be divisible by groupChannels (=${groupChannels})`,
        );
      }
    });
    this.#side = BASIS_SIDE * 2 ** (channels.length - 1);
    const first = channels[0] as number;
    const pointwise = (name: string, inputChannels: number, outputChannels: number) =>
      this.child(
        name,
        new ConvolutionLayer(
          { inputChannels, outputChannels, kernelSize: 1, std: 1 / Math.sqrt(inputChannels), hasBias: false },
          generator.fork(name),
        ),
      );
    this.#input = pointwise("input", 3, first);
    channels.forEach((width, stage) => {
      const sizes = { channels: width, innerChannels: width * expansion, groupChannels };
      for (let index = 0; index < blocksPerStage; index++) {
        const name = `stages.${stage}.blocks.${index}`;
        const numBlocks = blocksPerStage * channels.length;
        const block = this.child(name, new Block({ ...sizes, numBlocks }, generator.fork(name)));
        this.#layers.push((x_BHWC) => block.forward(x_BHWC));
      }
      const next = channels[stage + 1];
      if (next === undefined) return;
      this.#layers.push(halve);
      if (next === width) return;
      const narrow = pointwise(`stages.${stage}.narrow`, width, next);
      this.#layers.push((x_BHWC) => narrow.forward(x_BHWC));
    });
    const last = channels.at(-1) as number;
    this.#basis = this.parameter(
      "basis",
      initNormal(generator.fork("basis"), [BASIS_SIDE, BASIS_SIDE, last], 1 / BASIS_SIDE),
    );
    this.#output = this.parameter("output", initNormal(generator.fork("output"), [1, last], 1 / Math.sqrt(last)));
  }

  /** @throws RangeError for other pictures than `[B, side, side, 3]`. */
  forward(pixels_BHWC: tf.Tensor4D): tf.Tensor2D {
    checkChannels("ResidualDiscriminator", { name: "pixels_BHWC", value: pixels_BHWC }, 3);
    const [, height, width] = pixels_BHWC.shape;
    if (height !== this.#side || width !== this.#side) {
      throw new RangeError(
        `ResidualDiscriminator: pixels of ${height}x${width} must be ${this.#side}x${this.#side}, 4 * 2^(stages - 1); choose another number of stages, or crop`,
      );
    }
    const map_BHWC = this.#layers.reduce((x_BHWC, layer) => layer(x_BHWC), this.#input.forward(pixels_BHWC));
    return linear(map_BHWC.mul(this.#basis).sum<tf.Tensor2D>([1, 2]), this.#output);
  }
}

type BlockSizes = {
  readonly channels: number;
  readonly innerChannels: number;
  readonly groupChannels: number;
  readonly numBlocks: number;
};

/** `x + W3 act(W2 act(W1 x))`, where `act` adds a bias before its leaky relu, W2 is a grouped 3x3 and W3 starts at zero. */
class Block extends Module {
  readonly #widen: ConvolutionLayer;
  readonly #mix: ConvolutionLayer;
  readonly #narrow: ConvolutionLayer;
  readonly #biases: readonly [tf.Variable, tf.Variable];

  constructor({ channels, innerChannels, groupChannels, numBlocks }: BlockSizes, generator: Generator) {
    super();
    const gain = ACTIVATION_GAIN * numBlocks ** -0.25;
    const layer = (
      name: string,
      options: { inputChannels: number; outputChannels: number; kernelSize: number; std: number; groups?: number },
    ) => this.child(name, new ConvolutionLayer({ ...options, hasBias: false }, generator.fork(name)));
    this.#widen = layer("widen", {
      inputChannels: channels,
      outputChannels: innerChannels,
      kernelSize: 1,
      std: gain / Math.sqrt(channels),
    });
    this.#mix = layer("mix", {
      inputChannels: innerChannels,
      outputChannels: innerChannels,
      kernelSize: 3,
      std: gain / Math.sqrt(9 * groupChannels),
      groups: innerChannels / groupChannels,
    });
    this.#narrow = layer("narrow", { inputChannels: innerChannels, outputChannels: channels, kernelSize: 1, std: 0 });
    this.#biases = [
      this.parameter("bias1", initZeros([innerChannels])),
      this.parameter("bias2", initZeros([innerChannels])),
    ];
  }

  forward(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    const [bias1, bias2] = this.#biases;
    const wide = leakyRelu(this.#widen.forward(x_BHWC).add<tf.Tensor4D>(bias1), SLOPE);
    const mixed = leakyRelu(this.#mix.forward(wide).add<tf.Tensor4D>(bias2), SLOPE);
    return x_BHWC.add(this.#narrow.forward(mixed));
  }
}

/** Halves both sides with weights [1, 2, 1] / 4 around every even row and column, zeros outside. */
function halve(x_BHWC: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x_BHWC.shape;
  return tf.tidy(() => {
    const rows = halveMiddle(x_BHWC.reshape([batch, height, width * channels]));
    const columns = halveMiddle(rows.reshape([(batch * height) / 2, width, channels]));
    return columns.reshape([batch, height / 2, width / 2, channels]);
  });
}

/** `[A, N, C]` to `[A, N / 2, C]`: entry i is a quarter of entries 2i - 1 and 2i + 1 and half of entry 2i. */
function halveMiddle(x: tf.Tensor): tf.Tensor {
  const [outer, size, inner] = x.shape as [number, number, number];
  const pairs = x.reshape([outer, size / 2, 2, inner]);
  const [even, odd] = tf.split(pairs, 2, 2).map((half) => half.reshape([outer, size / 2, inner])) as [
    tf.Tensor3D,
    tf.Tensor3D,
  ];
  const before = tf
    .pad(odd, [
      [0, 0],
      [1, 0],
      [0, 0],
    ])
    .slice([0, 0, 0], [outer, size / 2, inner]);
  return even.mul(0.5).add(odd.add(before).mul(0.25));
}
