/** What of a recipe's autoencoder, losses and pictures does not go together, found before anything is trained. */
import { type FeatureNetwork, type QuantizerConfig, smallestNumerator } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import { UsageError } from "../config/usage-error.ts";
import type { ImageTokenizerRecipe } from "../recipes/image-tokenizer-recipe.ts";
import type { TrainedAutoencoder } from "./trained-autoencoder.ts";

/** Fewest latents a side that EQ-VAE and equivariance find a scale for. */
const SMALLEST_SIDE = 4;

/** @throws UsageError naming the setting, both values and a way out. */
export function checkObjectives(recipe: ImageTokenizerRecipe, { downsampling, latentSide }: TrainedAutoencoder): void {
  const { autoencoder, loss, batch } = recipe;
  const { pictureSize } = batch;
  const side = pictureSize / downsampling;
  if (!Number.isInteger(side)) {
    throw new UsageError(
      `recipe: batch.pictureSize (=${pictureSize}) must be divisible by the autoencoder's downsampling factor (=${downsampling})`,
    );
  }
  if (latentSide !== undefined && latentSide !== side) {
    throw new UsageError(
      `recipe: batch.pictureSize (=${pictureSize}) must be ${latentSide * downsampling}: the multi-scale quantizer reads latents of ${latentSide}x${latentSide}, its last scale; set autoencoder.quantizer.scales for other sizes`,
    );
  }
  const { scaleEquivariance, eqVae, equivariance } = loss;
  const resized = { scaleEquivariance, eqVae, equivariance };
  const shaping = Object.entries(resized).find(([, settings]) => settings !== null)?.[0];
  if (latentSide !== undefined && shaping !== undefined) {
    throw new UsageError(
      `loss.${shaping}: shrinks latents, but a multi-scale quantizer reads ${latentSide}x${latentSide} only; set it to null, or take another quantizer`,
    );
  }
  const wrongFactor = scaleEquivariance?.factors.find((factor) => side % factor !== 0);
  if (wrongFactor !== undefined) {
    throw new UsageError(
      `loss.scaleEquivariance: factors must divide the latents' side, ${side} (pictureSize ${pictureSize} / ${downsampling}); ${wrongFactor} does not`,
    );
  }
  if ((eqVae !== null || equivariance !== null) && side < SMALLEST_SIDE) {
    throw new UsageError(
      `loss.${shaping}: the latents' side, ${side} (pictureSize ${pictureSize} / ${downsampling}), must be at least ${SMALLEST_SIDE}; take larger pictures`,
    );
  }
  if ("quantizer" in autoencoder) checkRevival(autoencoder.quantizer, { batch, side });
}

/** @throws UsageError when a step never has the vectors that reviving codes needs. */
function checkRevival(
  quantizer: QuantizerConfig,
  { batch, side }: { readonly batch: ImageTokenizerRecipe["batch"]; readonly side: number },
): void {
  const codebook = quantizer.type === "residual" ? quantizer.stage : quantizer;
  if (!("revivalThreshold" in codebook)) return;
  const { numCodes, revivalThreshold } = codebook;
  const vectorsPerStep = batch.pictures * batch.gradientAccumulation * vectorsPerPicture(quantizer, side);
  if (revivalThreshold === 0 || revivalThreshold < vectorsPerStep / numCodes) return;
  throw new UsageError(
    `recipe: revivalThreshold (=${revivalThreshold}) must be below the vectors per code of a step (=${vectorsPerStep}/${numCodes}), or every code would count as dead; lower it or use larger batches`,
  );
}

/** The vectors of a picture, with latents of `side` a side, that one codebook gets. */
function vectorsPerPicture(quantizer: QuantizerConfig, side: number): number {
  if (quantizer.type === "multi-scale")
    return quantizer.scales.reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  return side * side * (quantizer.type === "residual" && quantizer.useSharedCodebook ? quantizer.numStages : 1);
}

/** @throws UsageError when the perceptual network cannot read pictures as small as the losses make them. */
export function checkPerceptual(
  network: FeatureNetwork,
  { loss, batch: { pictureSize } }: ImageTokenizerRecipe,
  { downsampling }: TrainedAutoencoder,
): void {
  const side = loss.eqVae === null ? pictureSize : smallestNumerator(pictureSize / downsampling) * downsampling;
  try {
    tf.tidy(() => void network.features(tf.zeros([1, side, side, 3])));
  } catch (cause) {
    throw new UsageError(
      `loss.perceptual: ${network.name} must read pictures of ${side}x${side}, the smallest of this recipe (${(cause as Error).message})`,
      { cause },
    );
  }
}
