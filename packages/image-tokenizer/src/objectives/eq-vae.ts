/**
 * EQ-VAE (arXiv 2502.09509): turned and shrunken latents must decode to the turned and shrunken picture. The encoder sees
 * the whole picture; comparing latents with latents directly would let them collapse.
 *
 * As released, a step takes one of three branches: with probability 0.5 the latents are shrunken and turned; else, with
 * probability 0.25, the picture is shrunken before encoding, so that small pictures stay in the autoencoder's reach; else
 * nothing is done. Every loss of the step (reconstruction, perceptual, adversarial) compares the result with the branch's
 * target. Scales are k/n for latents of n x n, k from n/4 to n - 1: only these give whole sizes in latents and pixels alike.
 */
// B batch, H height, W width, C channels; f downsampling
import type { Generator, tf } from "@interfuse/tensor";
import { type AutoencoderPass, runAutoencoder, type TrainableAutoencoder } from "./autoencoder-pass.ts";
import { resizeBilinear, rotateQuarterTurns } from "./resample.ts";

/** How often a step takes which branch. */
export type EqVaeProbabilities = {
  /** Of the equivariance branch; published 0.5. */
  readonly equivariance?: number;
  /** Of the low-resolution branch where it is not the equivariance branch; released 0.25. */
  readonly lowResolution?: number;
};

/** What a step does. `numerator` is k of the scale k/n. */
export type EqVaeBranch =
  | { readonly branch: "equivariance"; readonly numerator: number; readonly quarterTurns: number }
  | { readonly branch: "low-resolution"; readonly numerator: number }
  | { readonly branch: "plain" };

/**
 * Draws a step's branch for latents of `latentSide` x `latentSide`.
 *
 * @throws RangeError when the side is below 4, which leaves no scale.
 */
export function sampleEqVaeBranch(
  generator: Generator,
  latentSide: number,
  { equivariance = 0.5, lowResolution = 0.25 }: EqVaeProbabilities = {},
): EqVaeBranch {
  if (!Number.isInteger(latentSide) || latentSide < 4) {
    throw new RangeError(
      `sampleEqVaeBranch: latentSide (=${latentSide}) must be a whole number of at least 4; take larger pictures`,
    );
  }
  const smallest = smallestEqVaeScale(latentSide);
  const drawNumerator = () => smallest + generator.integer(latentSide - smallest);
  if (generator.uniform() < equivariance) {
    return { branch: "equivariance", numerator: drawNumerator(), quarterTurns: 1 + generator.integer(3) };
  }
  if (generator.uniform() < lowResolution) return { branch: "low-resolution", numerator: drawNumerator() };
  return { branch: "plain" };
}

/** The smallest side that latents of `latentSide` x `latentSide` are shrunken to. */
export function smallestEqVaeScale(latentSide: number): number {
  return Math.ceil(latentSide / 4);
}

/**
 * Runs the autoencoder on square pixels `[B, n f, n f, 3]` by a branch.
 *
 * @throws RangeError when the pixels are not square, or `numerator` does not fit them.
 */
export function runEqVae(
  autoencoder: TrainableAutoencoder,
  pixels_BHWC: tf.Tensor4D,
  { branch, downsampling }: { readonly branch: EqVaeBranch; readonly downsampling: number },
): AutoencoderPass {
  if (branch.branch === "plain") return runAutoencoder(autoencoder, pixels_BHWC);
  const [, height, width] = pixels_BHWC.shape;
  const { numerator } = branch;
  if (height !== width || height % downsampling !== 0 || numerator < 1 || numerator * downsampling > height) {
    throw new RangeError(
      `runEqVae: pixels of ${height}x${width} must be square, divisible by the downsampling factor (=${downsampling}), and hold latents of ${numerator}x${numerator}`,
    );
  }
  const side = numerator * downsampling;
  const small_BHWC = resizeBilinear(pixels_BHWC, { height: side, width: side });
  if (branch.branch === "low-resolution") return runAutoencoder(autoencoder, small_BHWC);
  const { quarterTurns } = branch;
  const latents_BHWC = autoencoder.encode(pixels_BHWC);
  const changed_BHWC = rotateQuarterTurns(
    resizeBilinear(latents_BHWC, { height: numerator, width: numerator }),
    quarterTurns,
  );
  return {
    latents_BHWC,
    reconstruction_BHWC: autoencoder.decode(changed_BHWC),
    target_BHWC: rotateQuarterTurns(small_BHWC, quarterTurns),
  };
}
