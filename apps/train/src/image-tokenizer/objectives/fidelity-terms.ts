/** The terms that compare what came out with what should have: by pixels, and by a network's features. */
import { type FeatureNetwork, type PixelDistance, perceptualLoss, pixelLoss } from "@interfuse/image-tokenizer";
import { countPixelValues } from "../picture-batch.ts";
import type { LossTerm } from "./loss-term.ts";

/** Absolute or squared differences, a mean over pixel values. */
export function pixelTerm(distance: PixelDistance): LossTerm {
  return {
    name: "reconstruction",
    weight: 1,
    count: countPixelValues,
    lossSum: ({ reconstruction_BHWC, target_BHWC }) => pixelLoss(reconstruction_BHWC, target_BHWC, distance).lossSum,
  };
}

/** The perceptual distance, a mean over pictures. Of a smaller copy it counts by its share of the pixels, as those do. */
export function perceptualTerm(network: FeatureNetwork, weight: number): LossTerm {
  return {
    name: "perceptual",
    weight,
    count: ({ pictures }) => pictures.length,
    lossSum: ({ reconstruction_BHWC, target_BHWC, pixels_BHWC }) =>
      perceptualLoss(network, reconstruction_BHWC, target_BHWC).lossSum.mul(target_BHWC.size / pixels_BHWC.size),
  };
}
