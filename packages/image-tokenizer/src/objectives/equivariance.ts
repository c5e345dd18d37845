/**
 * Equivariance both ways, beside the whole reconstruction: turned and shrunken latents must decode to the turned and shrunken
 * picture, as in EQ-VAE (arXiv 2502.09509), and that picture must be encoded to those latents.
 *
 * EQ-VAE gives the first in the place of half the steps, which costs reconstructions, and leaves the encoder free to treat
 * small pictures in its own way. The second alone would let latents collapse; it is measured against how far they spread,
 * so that smaller latents gain nothing.
 */
// B batch, H height, W width, C channels; f downsampling
import type { tf } from "@interfuse/tensor";
import type { TrainableAutoencoder } from "./autoencoder-pass.ts";
import { type GridChange, shrinkAndTurn } from "./grid-change.ts";
import { type PixelDistance, type PixelLoss, pixelLoss } from "./pixel-loss.ts";
import type { LatentsOfPixels } from "./scale-equivariance.ts";

/** Both errors of one change. */
export type EquivarianceLoss = {
  /** `d(t(x), decode(t(z)))`. */
  readonly pixels: PixelLoss;
  /** Mean of `|encode(t(x)) - t(z)|` over the mean of `|z - m|`, m the mean of z's channel: 0 is equivariant. */
  readonly latents: tf.Scalar;
};

/**
 * The errors of a change `t` of square pictures, differentiable in the autoencoder and the latents.
 *
 * @throws RangeError when the pictures are not square, or the change is not for their latents.
 */
export function equivarianceLoss(
  { encode, decode }: TrainableAutoencoder,
  { latents_BHWC, pixels_BHWC }: LatentsOfPixels,
  { change, distance = "l1" }: { readonly change: GridChange; readonly distance?: PixelDistance },
): EquivarianceLoss {
  const { numerator, quarterTurns } = change;
  const [, height, width] = pixels_BHWC.shape;
  const latentSide = latents_BHWC.shape[1];
  if (height !== width || numerator < 1 || numerator > latentSide) {
    throw new RangeError(
      `equivarianceLoss: pixels of ${height}x${width} must be square, and numerator (=${numerator}) 1 to the latents' side (=${latentSide})`,
    );
  }
  const downsampling = height / latentSide;
  const target_BHWC = shrinkAndTurn(pixels_BHWC, { side: numerator * downsampling, quarterTurns });
  const changed_BHWC = shrinkAndTurn(latents_BHWC, { side: numerator, quarterTurns });
  const spread = latents_BHWC
    .sub(latents_BHWC.mean([0, 1, 2], true))
    .abs()
    .mean();
  return {
    pixels: pixelLoss(decode(changed_BHWC), target_BHWC, distance),
    latents: encode(target_BHWC).sub(changed_BHWC).abs().mean().div<tf.Scalar>(spread),
  };
}
