// B batch, H height, W width, C channels
import { Module, type tf } from "@interfuse/tensor";
import { runWhole, type Step } from "./steps.ts";

/** A part of a convolutional network: parameters, and what is done with them. */
export abstract class Layer extends Module {
  /** What the layer does to `[B, H, W, C]`. */
  abstract steps(): readonly Step[];

  /** Does it to whole pictures. */
  forward(x_BHWC: tf.Tensor4D): tf.Tensor4D {
    return runWhole(this.steps(), x_BHWC);
  }
}
