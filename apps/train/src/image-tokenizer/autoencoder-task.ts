/** What image tokenizers are trained on: a batch is pictures of one size. */
import {
  Assignments,
  type KlAutoencoder,
  klAutoencoderLoss,
  type Picture,
  picturesToTensor,
  type QuantizedAutoencoder,
  quantizedAutoencoderLoss,
} from "@interfuse/image-tokenizer";
import type { TrainingTask } from "@interfuse/training";

type PicturesTask = TrainingTask<readonly Picture[]>;

/** Reconstruction plus KL, both a pixel value. */
export function klAutoencoderTask(
  autoencoder: KlAutoencoder,
  { reconstruction, klWeight }: { reconstruction: "l1" | "l2"; klWeight: number },
): PicturesTask {
  return {
    module: autoencoder,
    lossWeights: { reconstruction: 1, kl: klWeight },
    counts: (pictures) => {
      const numPixelValues = countPixelValues(pictures);
      return { reconstruction: numPixelValues, kl: numPixelValues };
    },
    lossSums: (pictures, generator) => {
      const sums = klAutoencoderLoss(autoencoder, picturesToTensor(pictures), generator, { reconstruction });
      return { reconstruction: sums.reconstructionLossSum, kl: sums.klLossSum };
    },
    numTokens: (pictures) => countLatents(pictures, autoencoder.downsampling),
  };
}

/**
 * Reconstruction a pixel value plus the quantizer's own losses a latent vector; after each update the quantizer's. The
 * caller disposes it.
 */
export function quantizedAutoencoderTask(
  autoencoder: QuantizedAutoencoder,
  { reconstruction }: { reconstruction: "l1" | "l2" },
): PicturesTask & { dispose(): void } {
  const { quantizer, downsampling } = autoencoder;
  const assignments = new Assignments();
  return {
    module: autoencoder,
    lossWeights: { reconstruction: 1, ...quantizer.lossWeights },
    counts: (pictures) => {
      const numVectors = countLatents(pictures, downsampling);
      const own = Object.keys(quantizer.lossWeights).map((name) => [name, numVectors] as const);
      return { reconstruction: countPixelValues(pictures), ...Object.fromEntries(own) };
    },
    lossSums: (pictures, generator) => {
      const options = { generator, assignments, reconstruction };
      const sums = quantizedAutoencoderLoss(autoencoder, picturesToTensor(pictures), options);
      return { reconstruction: sums.reconstructionLossSum, ...sums.quantizerLossSums };
    },
    afterUpdate: (generator) => quantizer.update(assignments, generator),
    numTokens: (pictures) => countLatents(pictures, downsampling),
    dispose: () => assignments.dispose(),
  };
}

function countPixelValues(pictures: readonly Picture[]): number {
  return pictures.reduce((sum, { data }) => sum + data.length, 0);
}

function countLatents(pictures: readonly Picture[], downsampling: number): number {
  return pictures.reduce((sum, { width, height }) => sum + (width * height) / downsampling ** 2, 0);
}
