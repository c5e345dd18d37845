/** The parts that an image tokenizer's loss is put together from, one file each in this folder. */
import type { AutoencoderPass, TrainableAutoencoder } from "@interfuse/image-tokenizer";
import type { Generator, Module, tf } from "@interfuse/tensor";
import type { PictureBatch } from "../picture-batch.ts";

/** One run of the autoencoder on a batch, which every term reads. */
export type TrainingPass = AutoencoderPass & {
  readonly batch: PictureBatch;
  /** The batch's pixels `[B, H, W, 3]`, which `target_BHWC` may be a smaller, turned copy of. */
  readonly pixels_BHWC: tf.Tensor4D;
  /** The same networks, for runs beside this one. */
  readonly autoencoder: TrainableAutoencoder;
  /** The update's number, from 1. */
  readonly step: number;
  /** The batch's; terms fork it by their names. */
  readonly generator: Generator;
};

/**
 * A term of the loss: `weight * lossSum / count`. Sums over what the pass holds, counts by the batch alone: where a pass
 * works on smaller copies of the pictures its terms weigh less, as in the published sums over a batch.
 */
export interface LossTerm<Pass = TrainingPass> {
  /** As metrics call it. */
  readonly name: string;
  readonly weight: number;
  count(batch: PictureBatch): number;
  /** Differentiable in the autoencoder's parameters and in `module`'s. */
  lossSum(pass: Pass): tf.Scalar;
  /** What is trained with the autoencoder for this term's sake, and not saved with it. */
  readonly module?: Module;
}

/** What terms read that weigh themselves against how well pictures come back. */
export type WeighedPass = TrainingPass & {
  /** The weighted mean of the terms that compare pictures: pixels, and perceptual where it is on. */
  readonly fidelity: tf.Scalar;
};
