import type { Discriminator, RealAndFake } from "@interfuse/image-tokenizer";
import type { tf } from "@interfuse/tensor";
import type { AdamWConfig } from "@interfuse/training";

/** One form of the game between an autoencoder and a discriminator. */
export interface AdversaryForm {
  readonly discriminator: Discriminator;
  readonly optimizer: AdamWConfig;
  /** Weights of the discriminator's losses. */
  readonly lossWeights: Readonly<Record<string, number>>;
  /** The discriminator's losses as means, by the names of `lossWeights`; both pictures count as constants. */
  discriminatorLosses(pictures: RealAndFake): Readonly<Record<string, tf.Scalar>>;
  /** The autoencoder's, a mean, differentiable in `fake_BHWC`. */
  autoencoderLoss(pictures: RealAndFake): tf.Scalar;
}
