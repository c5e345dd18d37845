/**
 * EQ-VAE (arXiv 2502.09509): turned and shrunken latents must decode to the turned and shrunken picture. The encoder sees
 * the whole picture; comparing latents with latents directly would let them collapse.
 *
 * As released, a step takes one of three branches: with probability 0.5 the latents are shrunken and turned; else, with
 * probability 0.25, the picture is shrunken before encoding, so that small pictures stay in the autoencoder's reach; else
 * nothing is done. Every loss of the step (reconstruction, perceptual, adversarial) compares the result with the branch's
 * target.
 */
// B batch, H height, W width, C channels; f downsampling
import type { Generator, tf } from "@interfuse/tensor";
import { type AutoencoderPass, runAutoencoder, type TrainableAutoencoder } from "./autoencoder-pass.ts";
import { type GridChange, sampleGridChange, sampleNumerator, shrinkAndTurn } from "./grid-change.ts";
import { resizeBilinear } from "./resample.ts";

/** How often a step takes which branch. */
export type EqVaeProbabilities = {
  /** Of the equivariance branch; published 0.5. */
  readonly equivariance?: number;
  /** Of the low-resolution branch where it is not the equivariance branch; released 0.25. */
  readonly lowResolution?: number;
};

/** What a step does. */
export type EqVaeBranch =
  | ({ readonly branch: "equivariance" } & GridChange)
  | ({ readonly branch: "low-resolution" } & Pick<GridChange, "numerator">)
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
  if (generator.uniform() < equivariance) {
    return { branch: "equivariance", ...sampleGridChange(generator, latentSide) };
  }
  if (generator.uniform() < lowResolution) {
    return { branch: "low-resolution", numerator: sampleNumerator(generator, latentSide) };
  }
  return { branch: "plain" };
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
  if (branch.branch === "low-resolution") {
    return runAutoencoder(autoencoder, resizeBilinear(pixels_BHWC, { height: side, width: side }));
  }
  const { quarterTurns } = branch;
  const latents_BHWC = autoencoder.encode(pixels_BHWC);
  return {
    latents_BHWC,
    reconstruction_BHWC: autoencoder.decode(shrinkAndTurn(latents_BHWC, { side: numerator, quarterTurns })),
    target_BHWC: shrinkAndTurn(pixels_BHWC, { side, quarterTurns }),
  };
}
