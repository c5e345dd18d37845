// B batch, H height, W width, C channels
import { type KlAutoencoder, klAutoencoderLoss, type Picture, picturesToTensor } from "@interfuse/image-tokenizer";
import type { TrainingTask } from "@interfuse/training";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";

/** Reconstruction plus KL, both a pixel value; a batch is pictures of one size. */
export function autoencoderTask(
  autoencoder: KlAutoencoder,
  loss: ImageTokenizerRecipe["loss"],
): TrainingTask<readonly Picture[]> {
  return {
    module: autoencoder,
    lossWeights: { reconstruction: 1, kl: loss.klWeight },
    counts: (pictures) => {
      const numPixelValues = pictures.reduce((sum, { data }) => sum + data.length, 0);
      return { reconstruction: numPixelValues, kl: numPixelValues };
    },
    lossSums: (pictures, generator) => {
      const { reconstruction } = loss;
      const sums = klAutoencoderLoss(autoencoder, picturesToTensor(pictures), generator, { reconstruction });
      return { reconstruction: sums.reconstructionLossSum, kl: sums.klLossSum };
    },
    numTokens: (pictures) =>
      pictures.reduce((sum, { width, height }) => sum + (width * height) / autoencoder.downsampling ** 2, 0),
  };
}
