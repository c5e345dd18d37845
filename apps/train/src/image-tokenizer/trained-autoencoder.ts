/** An autoencoder in training as the task and its loss terms see it, whether with a posterior or with a quantizer. */
import {
  Assignments,
  type KlAutoencoder,
  klLoss,
  type LatentPosterior,
  QuantizedAutoencoder,
  type StableDiffusionVae,
  type TrainableAutoencoder,
  trainableKl,
  trainableQuantized,
} from "@interfuse/image-tokenizer";
import type { Generator, Module, tf } from "@interfuse/tensor";
import { countLatents, countPixelValues, type PictureBatch } from "./picture-batch.ts";
import type { Autoencoder } from "./starting-weights.ts";

/** Sums by the names of `lossWeights`. */
export type LossSums = Readonly<Record<string, tf.Scalar>>;

/** An autoencoder with the losses that come with its kind. */
export interface TrainedAutoencoder {
  readonly module: Module;
  readonly downsampling: number;
  readonly latentChannels: number;
  /** The side of square latents when it can be no other, as a multi-scale quantizer's. */
  readonly latentSide?: number;
  /** Weights of its own losses: the divergence from the prior, or the quantizer's. */
  readonly lossWeights: Readonly<Record<string, number>>;
  /** The count of each of its own losses in a batch. */
  counts(batch: PictureBatch): Readonly<Record<string, number>>;
  /** The autoencoder for one batch; `lossSums` gives the own losses of everything run since. */
  begin(generator: Generator): { readonly autoencoder: TrainableAutoencoder; readonly lossSums: () => LossSums };
  /** The autoencoder for runs beside that, whose own losses do not count and which no codebook follows. */
  beside(generator: Generator): TrainableAutoencoder;
  /** What follows the optimizer's update. */
  afterUpdate?(generator: Generator): void;
  dispose(): void;
}

/** Wraps an autoencoder, which stays the caller's. `klWeight` weighs the divergence of one with a posterior. */
export function trainedAutoencoder(
  autoencoder: Autoencoder,
  { klWeight }: { readonly klWeight: number },
): TrainedAutoencoder {
  return autoencoder instanceof QuantizedAutoencoder
    ? withQuantizer(autoencoder)
    : withPosterior(autoencoder, klWeight);
}

function withPosterior(autoencoder: KlAutoencoder | StableDiffusionVae, klWeight: number): TrainedAutoencoder {
  return {
    module: autoencoder,
    downsampling: autoencoder.downsampling,
    latentChannels: autoencoder.latentChannels,
    lossWeights: { kl: klWeight },
    // The divergence is summed over latents but counted in pixel values: its weight belongs to sums.
    counts: (batch) => ({ kl: countPixelValues(batch) }),
    begin: (generator) => {
      const posteriors: LatentPosterior[] = [];
      return {
        autoencoder: trainableKl(autoencoder, generator, (posterior) => posteriors.push(posterior)),
        lossSums: () => ({ kl: total(posteriors.map(klLoss)) }),
      };
    },
    beside: (generator) => trainableKl(autoencoder, generator),
    dispose: () => undefined,
  };
}

function withQuantizer(autoencoder: QuantizedAutoencoder): TrainedAutoencoder {
  const { quantizer, downsampling, latentChannels } = autoencoder;
  const names = Object.keys(quantizer.lossWeights);
  const assignments = new Assignments();
  return {
    module: autoencoder,
    downsampling,
    latentChannels,
    latentSide: quantizer.config.type === "multi-scale" ? quantizer.config.scales.at(-1)?.[0] : undefined,
    lossWeights: quantizer.lossWeights,
    counts: (batch) => Object.fromEntries(names.map((name) => [name, countLatents(batch, downsampling)])),
    begin: (generator) => {
      const sums: LossSums[] = [];
      const onQuantization = ({ lossSums }: { readonly lossSums: LossSums }) => void sums.push(lossSums);
      return {
        autoencoder: trainableQuantized(autoencoder, { generator, assignments, onQuantization }),
        lossSums: () =>
          Object.fromEntries(names.map((name) => [name, total(sums.map((lossSums) => lossSums[name] as tf.Scalar))])),
      };
    },
    beside: (generator) => trainableQuantized(autoencoder, { generator }),
    afterUpdate: (generator) => quantizer.update(assignments, generator),
    dispose: () => assignments.dispose(),
  };
}

function total(sums: readonly tf.Scalar[]): tf.Scalar {
  return sums.reduce((sum, more) => sum.add<tf.Scalar>(more));
}
