import { hingeDiscriminatorLoss, hingeGeneratorLoss, PatchDiscriminator } from "@interfuse/image-tokenizer";
import type { Generator } from "@interfuse/tensor";
import type { AdversarySettings } from "../../recipes/image-tokenizer-loss.ts";
import type { AdversaryForm } from "./adversary-form.ts";

/** VQGAN's game: hinge losses over the scores of patches. */
export function hingeForm(
  { baseChannels, numLayers }: Extract<AdversarySettings, { kind: "hinge" }>,
  generator: Generator,
): AdversaryForm {
  const discriminator = new PatchDiscriminator({ baseChannels, numLayers }, generator);
  return {
    discriminator,
    optimizer: { beta1: 0.5, beta2: 0.9, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 },
    lossWeights: { adversarial: 1 },
    discriminatorLosses: (pictures) => {
      const { lossSum, numScores } = hingeDiscriminatorLoss(discriminator, pictures);
      return { adversarial: lossSum.div(numScores) };
    },
    autoencoderLoss: ({ fake_BHWC }) => {
      const { lossSum, numScores } = hingeGeneratorLoss(discriminator, fake_BHWC);
      return lossSum.div(numScores);
    },
  };
}
