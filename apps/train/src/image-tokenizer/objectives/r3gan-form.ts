import {
  ResidualDiscriminator,
  relativisticDiscriminatorLoss,
  relativisticGeneratorLoss,
} from "@interfuse/image-tokenizer";
import type { Generator } from "@interfuse/tensor";
import type { AdversarySettings } from "../../recipes/image-tokenizer-loss.ts";
import type { AdversaryForm } from "./adversary-form.ts";

/** The side of the map that the discriminator reads its score from. */
const BASIS_SIDE = 4;
/** Channels grow with each halving up to this multiple of the first. */
const MOST_CHANNELS = 4;

/**
 * R3GAN's game: a picture must score above its reconstruction, scores may not change steeply (R1 and R2).
 *
 * @throws RangeError when `pictureSize` is not 4 times a power of two.
 */
export function r3ganForm(
  settings: Extract<AdversarySettings, { kind: "r3gan" }>,
  { pictureSize, generator }: { readonly pictureSize: number; readonly generator: Generator },
): AdversaryForm {
  const { baseChannels, gamma, blocksPerStage, groupChannels } = settings;
  const numHalvings = Math.log2(pictureSize / BASIS_SIDE);
  if (!Number.isInteger(numHalvings) || numHalvings < 0) {
    throw new RangeError(
      `loss.adversary: batch.pictureSize (=${pictureSize}) must be 4, 8, 16, 32, ... for "r3gan", whose discriminator halves pictures to ${BASIS_SIDE}x${BASIS_SIDE}; take such a size, or "hinge"`,
    );
  }
  const channels = Array.from(
    { length: numHalvings + 1 },
    (_, stage) => baseChannels * Math.min(2 ** stage, MOST_CHANNELS),
  );
  const discriminator = new ResidualDiscriminator({ channels, blocksPerStage, groupChannels, expansion: 2 }, generator);
  return {
    discriminator,
    optimizer: { beta1: 0, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 },
    lossWeights: { adversarial: 1, penalty: gamma },
    discriminatorLosses: (pictures) => {
      const { lossSum, penaltySum, numPairs } = relativisticDiscriminatorLoss(discriminator, pictures);
      return { adversarial: lossSum.div(numPairs), penalty: penaltySum.div(numPairs) };
    },
    autoencoderLoss: (pictures) => {
      const { lossSum, numPairs } = relativisticGeneratorLoss(discriminator, pictures);
      return lossSum.div(numPairs);
    },
  };
}
