import { scaleEquivarianceLoss } from "@interfuse/image-tokenizer";
import { tf } from "@interfuse/tensor";
import type { ScaleEquivarianceSettings } from "../../recipes/image-tokenizer-loss.ts";
import type { LossTerm } from "./loss-term.ts";

/** Shrunken latents must decode to the shrunken picture: the mean over factors of the mean error of a pixel value. */
export function scaleEquivarianceTerm({ weight, factors }: ScaleEquivarianceSettings, distance: "l1" | "l2"): LossTerm {
  return {
    name: "scaleEquivariance",
    weight,
    count: () => 1,
    lossSum: ({ autoencoder, latents_BHWC, pixels_BHWC }) => {
      const means = factors.map((factor) => {
        const options = { factor, distance };
        const { lossSum, numPixelValues } = scaleEquivarianceLoss(autoencoder, { latents_BHWC, pixels_BHWC }, options);
        return lossSum.div<tf.Scalar>(numPixelValues * factors.length);
      });
      return tf.addN(means) as tf.Scalar;
    },
  };
}
