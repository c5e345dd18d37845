/**
 * R3GAN's losses (arXiv 2501.05441): a real picture must score above the made one it is paired with, and neither score may
 * change steeply (R1 and R2):
 *
 *     discriminator: E softplus(-(D(x) - D(x^))) + gamma / 2 * E(|grad D(x)|^2 + |grad D(x^)|^2)
 *     first module:  E softplus(-(D(x^) - D(x)))
 *
 * A picture and its reconstruction are natural pairs.
 */
import { tf, withoutGradient } from "@interfuse/tensor";
import type { Discriminator, RealAndFake } from "./discriminator.ts";
import { scoresWithPenalty } from "./gradient-penalty.ts";

/** The discriminator's loss, as sums over pairs: `(lossSum + gamma * penaltySum) / numPairs`. */
export type RelativisticDiscriminatorLoss = {
  /** Sum of `softplus(D(x^) - D(x))`, the mean over a picture's scores. */
  readonly lossSum: tf.Scalar;
  /** Half the sum of both squared gradient norms; its weight is gamma. */
  readonly penaltySum: tf.Scalar;
  readonly numPairs: number;
};

/** What the discriminator minimises; the pictures count as constants. @throws RangeError when the shapes differ. */
export function relativisticDiscriminatorLoss(
  discriminator: Discriminator,
  { real_BHWC, fake_BHWC }: RealAndFake,
): RelativisticDiscriminatorLoss {
  checkPairs("relativisticDiscriminatorLoss", { real_BHWC, fake_BHWC });
  const real = scoresWithPenalty(discriminator, real_BHWC);
  const fake = scoresWithPenalty(
    discriminator,
    withoutGradient(() => fake_BHWC.clone()),
  );
  return {
    lossSum: pairLoss(fake.scores_BN, real.scores_BN),
    penaltySum: real.penaltySum.add(fake.penaltySum).mul<tf.Scalar>(0.5),
    numPairs: real_BHWC.shape[0],
  };
}

/** What the first module minimises, differentiable in `fake_BHWC` only. @throws RangeError when the shapes differ. */
export function relativisticGeneratorLoss(
  discriminator: Discriminator,
  { real_BHWC, fake_BHWC }: RealAndFake,
): { readonly lossSum: tf.Scalar; readonly numPairs: number } {
  checkPairs("relativisticGeneratorLoss", { real_BHWC, fake_BHWC });
  const real_BN = withoutGradient(() => discriminator.forward(real_BHWC));
  return { lossSum: pairLoss(real_BN, discriminator.forward(fake_BHWC)), numPairs: real_BHWC.shape[0] };
}

/** Sum over pictures of the mean of `softplus(lower - higher)`. */
function pairLoss(lower_BN: tf.Tensor2D, higher_BN: tf.Tensor2D): tf.Scalar {
  return tf.softplus(lower_BN.sub(higher_BN)).mean(1).sum<tf.Scalar>();
}

function checkPairs(operation: string, { real_BHWC, fake_BHWC }: RealAndFake): void {
  if (real_BHWC.shape.join() === fake_BHWC.shape.join()) return;
  throw new RangeError(
    `${operation}: real_BHWC (shape [${real_BHWC.shape}]) and fake_BHWC (shape [${fake_BHWC.shape}]) must have one shape; they are paired by place`,
  );
}
