// B batch, H height, W width, N scores a picture
import { type tf, valueAndGrads } from "@interfuse/tensor";
import type { Discriminator } from "./discriminator.ts";

/** Scores with what they cost. */
export type PenalisedScores = {
  /** `[B, N]`. */
  readonly scores_BN: tf.Tensor2D;
  /** Sum over pictures of the squared norm of the score's gradient by the picture's pixels. */
  readonly penaltySum: tf.Scalar;
};

/**
 * Scores `pixels_BHWC` and penalises how steeply they change with it (R1 for real pictures, R2 for made ones: Mescheder et
 * al., arXiv 1801.04406). A picture's score is the mean of its N. Must run inside the function given to `valueAndGrads`,
 * which differentiates the penalty once more.
 */
export function scoresWithPenalty(discriminator: Discriminator, pixels_BHWC: tf.Tensor4D): PenalisedScores {
  const { outputs, gradients } = valueAndGrads(
    () => {
      const scores_BN = discriminator.forward(pixels_BHWC);
      return { loss: scores_BN.mean(1).sum(), scores_BN };
    },
    new Map([["pixels", pixels_BHWC]]),
  );
  const gradient_BHWC = gradients.get("pixels") as tf.Tensor4D;
  return { scores_BN: outputs.scores_BN, penaltySum: gradient_BHWC.square().sum<tf.Scalar>() };
}
