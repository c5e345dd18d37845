/**
 * An autoencoder's adversary: the term that the autoencoder minimises, and what trains the discriminator.
 *
 * The discriminator sees whole pictures only. So where EQ-VAE shrinks or turns what is compared, the term is zero; the
 * released EQ-VAE shows such copies to its discriminator, which one with a fixed size (R3GAN's) cannot read.
 */
import { adaptiveWeight, picturesToTensor, runAutoencoder } from "@interfuse/image-tokenizer";
import { type Generator, tf, withoutGradients } from "@interfuse/tensor";
import { AdamW, type AdversaryOptions, type Schedule } from "@interfuse/training";
import type { AdversarySettings } from "../../recipes/image-tokenizer-loss.ts";
import type { PictureBatch } from "../picture-batch.ts";
import type { TrainedAutoencoder } from "../trained-autoencoder.ts";
import { hingeForm } from "./hinge-form.ts";
import type { LossTerm, WeighedPass } from "./loss-term.ts";
import { r3ganForm } from "./r3gan-form.ts";

/** What an adversary is made of. */
export type AdversaryParts = {
  readonly settings: AdversarySettings;
  readonly autoencoder: TrainedAutoencoder;
  /** The weight of the decoder's last convolution. */
  readonly lastLayer: tf.Variable;
  readonly pictureSize: number;
  readonly schedule: Schedule;
  readonly generator: Generator;
};

/** Both sides of the game. */
export type Adversary = {
  readonly term: LossTerm<WeighedPass>;
  /** For the trainer. */
  readonly options: AdversaryOptions<PictureBatch>;
  dispose(): void;
};

/** @throws RangeError when the pictures do not fit the discriminator. */
export function makeAdversary(parts: AdversaryParts): Adversary {
  const { settings, autoencoder, lastLayer, pictureSize, schedule, generator } = parts;
  const { weight, useAdaptiveWeight, startStep, learningRate } = settings;
  const form =
    settings.kind === "hinge" ? hingeForm(settings, generator) : r3ganForm(settings, { pictureSize, generator });
  try {
    tf.tidy(() => void form.discriminator.forward(tf.zeros([1, pictureSize, pictureSize, 3])));
  } catch (cause) {
    form.discriminator.dispose();
    throw new RangeError(`loss.adversary: its discriminator cannot read the pictures (${(cause as Error).message})`, {
      cause,
    });
  }
  const optimizer = new AdamW(form.discriminator.parameters(), form.optimizer);
  return {
    term: {
      name: "adversarial",
      weight,
      count: () => 1,
      lossSum: ({ step, pixels_BHWC, target_BHWC, reconstruction_BHWC, fidelity }) => {
        if (step < startStep || target_BHWC !== pixels_BHWC) return tf.scalar(0);
        const loss = form.autoencoderLoss({ real_BHWC: target_BHWC, fake_BHWC: reconstruction_BHWC });
        if (!useAdaptiveWeight) return loss;
        return loss.mul(adaptiveWeight({ reference: fidelity, loss, parameter: lastLayer }));
      },
    },
    options: {
      task: {
        module: form.discriminator,
        lossWeights: form.lossWeights,
        counts: () => Object.fromEntries(Object.keys(form.lossWeights).map((name) => [name, 1])),
        lossSums: ({ pictures }, stepGenerator) => {
          const real_BHWC = picturesToTensor(pictures);
          const fake_BHWC = withoutGradients(
            () => runAutoencoder(autoencoder.beside(stepGenerator), real_BHWC).reconstruction_BHWC,
          );
          return form.discriminatorLosses({ real_BHWC, fake_BHWC });
        },
        numTokens: () => 0,
      },
      optimizer,
      schedule,
      learningRate,
      startStep,
    },
    dispose: () => {
      optimizer.dispose();
      form.discriminator.dispose();
    },
  };
}
