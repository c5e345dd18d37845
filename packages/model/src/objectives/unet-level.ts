// I images, H height, W width, C channels of the level, D width of the timestep embedding
import { type Generator, initNormal, Module, tf } from "@interfuse/tensor";
import { conv3x3 } from "./convolution.ts";
import { ResidualBlock } from "./residual-block.ts";

/** Extents of one resolution of a U-Net. */
export interface UnetLevelSizes {
  /** Channels that come from the finer side: of a cell, or of four cells of the level above. */
  readonly inputChannels: number;
  readonly numChannels: number;
  readonly timeDim: number;
}

/** One resolution of a U-Net: what it does on the way in, and what on the way out with its own features beside it. */
export class UnetLevel extends Module {
  readonly #input: tf.Variable;
  readonly #down: ResidualBlock;
  readonly #merge: tf.Variable;
  readonly #up: ResidualBlock;

  constructor({ inputChannels, numChannels, timeDim }: UnetLevelSizes, generator: Generator) {
    super();
    const conv = (name: string, channels: number) =>
      this.parameter(
        `${name}.weight`,
        initNormal(generator.fork(name), [3, 3, channels, numChannels], 1 / Math.sqrt(9 * channels)),
      );
    const block = (name: string) => this.child(name, new ResidualBlock(numChannels, timeDim, generator.fork(name)));
    this.#input = conv("input", inputChannels);
    this.#down = block("down");
    this.#merge = conv("merge", 2 * numChannels);
    this.#up = block("up");
  }

  /** [I, H, W, inputChannels] -> features [I, H, W, C]. */
  enter(x: tf.Tensor4D, time_ID: tf.Tensor2D): tf.Tensor4D {
    return this.#down.forward(conv3x3(x, this.#input), time_ID);
  }

  /** What the coarser side returned, [I, H, W, C], and the features of `enter` -> [I, H, W, C]. */
  leave(returned: tf.Tensor4D, features: tf.Tensor4D, time_ID: tf.Tensor2D): tf.Tensor4D {
    return this.#up.forward(conv3x3(tf.concat([returned, features], 3), this.#merge), time_ID);
  }
}
