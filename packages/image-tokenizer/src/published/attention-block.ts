// B batch, H height, W width, C channels
import { attention, type Generator, initNormal, initZeros, linear, Module, tf } from "@interfuse/tensor";
import { pictureRanges } from "../convolutional/attention-block.ts";
import { Layer } from "../convolutional/layer.ts";
import { Norm } from "../convolutional/norm.ts";
import type { Step } from "../convolutional/steps.ts";

/** A linear map with bias. Parameters: `weight [O, I]`, `bias [O]`. */
class Projection extends Module {
  readonly #weight: tf.Variable;
  readonly #bias: tf.Variable;

  constructor(channels: number, generator: Generator) {
    super();
    this.#weight = this.parameter("weight", initNormal(generator, [channels, channels], 1 / Math.sqrt(channels)));
    this.#bias = this.parameter("bias", initZeros([channels]));
  }

  forward(rows: tf.Tensor2D): tf.Tensor2D {
    return linear(rows, this.#weight, { bias: this.#bias }) as tf.Tensor2D;
  }
}

/** Single-head self-attention within each picture, added to its input, as latent diffusion has it: with biases. */
export class BiasedAttentionBlock extends Layer {
  readonly #norm: Norm;
  readonly #query: Projection;
  readonly #key: Projection;
  readonly #value: Projection;
  readonly #output: Projection;

  constructor(channels: number, normGroups: number, generator: Generator) {
    super();
    const projection = (name: string) => this.child(name, new Projection(channels, generator.fork(name)));
    this.#norm = this.child("norm", new Norm(channels, normGroups, "none"));
    this.#query = projection("query");
    this.#key = projection("key");
    this.#value = projection("value");
    this.#output = projection("output");
  }

  /** Maps `[B, H, W, C]` to itself. */
  steps(): readonly Step[] {
    return [{ kind: "global", run: (x_BHWC) => this.#attend(x_BHWC) }];
  }

  #attend(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [batch, height, width, channels] = x_BHWC.shape;
      const numRows = batch * height * width;
      const rows = this.#norm.forward(x_BHWC).reshape<tf.Tensor2D>([numRows, channels]);
      const [query, key, value] = [this.#query, this.#key, this.#value].map((projection) =>
        projection.forward(rows).reshape<tf.Tensor3D>([numRows, 1, channels]),
      ) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D];
      const mixed = attention({ query, key, value, keyRanges: pictureRanges(batch, height * width) });
      return x_BHWC.add(this.#output.forward(mixed.reshape([numRows, channels])).reshape(x_BHWC.shape));
    });
  }
}
