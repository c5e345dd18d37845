// B batch, H height, W width, C channels
import { attention, type Generator, initNormal, initZeros, linear, tf } from "@interfuse/tensor";
import { Layer } from "./layer.ts";
import { Norm } from "./norm.ts";
import type { Step } from "./steps.ts";

/** Single-head self-attention within each picture, added to its input. The output projection starts at zero. */
export class AttentionBlock extends Layer {
  readonly #norm: Norm;
  readonly #queryKeyValue: tf.Variable;
  readonly #output: tf.Variable;

  constructor(channels: number, normGroups: number, generator: Generator) {
    super();
    this.#norm = this.child("norm", new Norm(channels, normGroups, "none"));
    const std = 1 / Math.sqrt(channels);
    this.#queryKeyValue = this.parameter("query_key_value", initNormal(generator, [3 * channels, channels], std));
    this.#output = this.parameter("output", initZeros([channels, channels]));
  }

  /** Maps `[B, H, W, C]` to itself. */
  steps(): readonly Step[] {
    return [{ kind: "global", run: (x_BHWC) => this.#attend(x_BHWC) }];
  }

  #attend(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    const [batch, height, width, channels] = x_BHWC.shape;
    const numRows = batch * height * width;
    const rows = this.#norm.forward(x_BHWC).reshape<tf.Tensor2D>([numRows, channels]);
    const [query, key, value] = tf
      .split(linear(rows, this.#queryKeyValue), 3, 1)
      .map((part) => part.reshape<tf.Tensor3D>([numRows, 1, channels])) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
    const mixed = attention({ query, key, value, keyRanges: pictureRanges(batch, height * width) });
    return x_BHWC.add(linear(mixed.reshape([numRows, channels]), this.#output).reshape(x_BHWC.shape));
  }
}

/** Key ranges of a batch of pictures of `size` positions, one after the other: every position sees its own picture. */
export function pictureRanges(batch: number, size: number): Int32Array {
  const ranges = new Int32Array(4 * batch * size);
  for (let row = 0; row < batch * size; row++) {
    const start = row - (row % size);
    ranges.set([start, start + size, 0, 0], 4 * row);
  }
  return ranges;
}
