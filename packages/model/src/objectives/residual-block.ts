// I images, H height, W width, C channels, D width of the timestep embedding
import { type Generator, initNormal, initZeros, linear, Module, type tf } from "@interfuse/tensor";
import { conv3x3, NormSilu } from "./convolution.ts";

/**
 * A convolutional residual block conditioned on time: norm, SiLU, conv 3x3, plus a per-channel shift from the timestep's
 * embedding, norm, SiLU, conv 3x3 (zero at first), added to the input. As in DDPM (arXiv 2006.11239).
 */
export class ResidualBlock extends Module {
  readonly #norm1: NormSilu;
  readonly #conv1: tf.Variable;
  readonly #time: tf.Variable;
  readonly #timeBias: tf.Variable;
  readonly #norm2: NormSilu;
  readonly #conv2: tf.Variable;

  constructor(numChannels: number, timeDim: number, generator: Generator) {
    super();
    const shape = [3, 3, numChannels, numChannels];
    const conv1 = initNormal(generator.fork("conv1"), shape, 1 / Math.sqrt(9 * numChannels));
    const time = initNormal(generator.fork("time"), [numChannels, timeDim], 1 / Math.sqrt(timeDim));
    this.#norm1 = this.child("norm1", new NormSilu(numChannels));
    this.#conv1 = this.parameter("conv1.weight", conv1);
    this.#time = this.parameter("time.weight", time);
    this.#timeBias = this.parameter("time.bias", initZeros([numChannels]));
    this.#norm2 = this.child("norm2", new NormSilu(numChannels));
    this.#conv2 = this.parameter("conv2.weight", initZeros(shape));
  }

  /** [I, H, W, C] and one embedding an image -> [I, H, W, C], float32. */
  forward(x_IHWC: tf.Tensor4D, time_ID: tf.Tensor2D): tf.Tensor4D {
    const [images, , , channels] = x_IHWC.shape;
    const shift_IC = linear(time_ID, this.#time, { bias: this.#timeBias, float32Output: true });
    const first_IHWC = conv3x3(this.#norm1.forward(x_IHWC), this.#conv1);
    const shifted_IHWC = first_IHWC.add<tf.Tensor4D>(shift_IC.reshape([images, 1, 1, channels]));
    return x_IHWC.add(conv3x3(this.#norm2.forward(shifted_IHWC), this.#conv2));
  }
}
