import { equivarianceLoss, sampleGridChange } from "@interfuse/image-tokenizer";
import type { tf } from "@interfuse/tensor";
import type { EquivarianceSettings } from "../../recipes/image-tokenizer-loss.ts";
import type { LossTerm } from "./loss-term.ts";

/** Changed latents must decode to the changed picture, and be what it is encoded to; one change a batch. */
export function equivarianceTerm({ weight, latentWeight }: EquivarianceSettings, distance: "l1" | "l2"): LossTerm {
  return {
    name: "equivariance",
    weight: 1,
    count: () => 1,
    lossSum: ({ autoencoder, latents_BHWC, pixels_BHWC, generator }) => {
      const change = sampleGridChange(generator.fork("equivariance"), latents_BHWC.shape[1]);
      const { pixels, latents } = equivarianceLoss(autoencoder, { latents_BHWC, pixels_BHWC }, { change, distance });
      return pixels.lossSum.mul(weight / pixels.numPixelValues).add<tf.Scalar>(latents.mul(latentWeight));
    },
  };
}
