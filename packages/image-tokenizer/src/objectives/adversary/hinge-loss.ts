/**
 * The hinge losses of VQGAN (arXiv 2012.09841) and latent diffusion, over all scores:
 *
 *     discriminator: (E relu(1 - D(x)) + E relu(1 + D(x^))) / 2
 *     first module:  -E D(x^), weighted by `adaptiveWeight` at the decoder's last convolution, times 0.5 to 0.8
 *
 * Usually begun after the reconstruction has settled (VA-VAE after 5,000 steps, latent diffusion after 50,000).
 */
import { tf } from "@interfuse/tensor";
import type { Discriminator, RealAndFake } from "./discriminator.ts";

/** A sum over scores, and their number. */
export type HingeLoss = { readonly lossSum: tf.Scalar; readonly numScores: number };

/** What the discriminator minimises; real and made pictures must score equally many patches. @throws RangeError when they do not. */
export function hingeDiscriminatorLoss(discriminator: Discriminator, { real_BHWC, fake_BHWC }: RealAndFake): HingeLoss {
  const real_BN = discriminator.forward(real_BHWC);
  const fake_BN = discriminator.forward(fake_BHWC);
  if (real_BN.size !== fake_BN.size) {
    throw new RangeError(
      `hingeDiscriminatorLoss: real_BHWC (shape [${real_BHWC.shape}]) and fake_BHWC (shape [${fake_BHWC.shape}]) must have one shape`,
    );
  }
  const [real, fake] = [tf.relu(tf.sub(1, real_BN)).sum(), tf.relu(fake_BN.add(1)).sum()];
  return { lossSum: real.add(fake).mul<tf.Scalar>(0.5), numScores: real_BN.size };
}

/** What the first module minimises, unweighted, differentiable in `fake_BHWC`. */
export function hingeGeneratorLoss(discriminator: Discriminator, fake_BHWC: tf.Tensor4D): HingeLoss {
  const fake_BN = discriminator.forward(fake_BHWC);
  return { lossSum: fake_BN.sum().neg() as tf.Scalar, numScores: fake_BN.size };
}
