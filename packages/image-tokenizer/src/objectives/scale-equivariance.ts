/**
 * Scale equivariance (Improving the Diffusability of Autoencoders, arXiv 2502.14831): shrunken latents must decode to the
 * shrunken picture, which leaves no use for high frequencies in latents that the picture does not have.
 *
 * The target is the shrunken **picture**, not the shrunken reconstruction. Published weight of this loss beside the
 * reconstruction: 0.25; factors 2 and 4.
 */
// B batch, H height, W width, C channels; f downsampling
import type { tf } from "@interfuse/tensor";
import type { TrainableAutoencoder } from "./autoencoder-pass.ts";
import { type PixelDistance, type PixelLoss, pixelLoss } from "./pixel-loss.ts";
import { resizeBilinear } from "./resample.ts";

/** The published weight beside the reconstruction loss. */
export const SCALE_EQUIVARIANCE_WEIGHT = 0.25;

/** Latents with the pixels they came from. */
export type LatentsOfPixels = {
  /** Raw latents `[B, H/f, W/f, C]`, with their gradient to the encoder. */
  readonly latents_BHWC: tf.Tensor4D;
  /** `[B, H, W, 3]`. */
  readonly pixels_BHWC: tf.Tensor4D;
};

/**
 * `d(shrink(x), decode(shrink(z)))`, both shrunken by `factor` with bilinear weights and no antialiasing.
 *
 * @param options `factor`: 2 (default) or 4; `distance`: l1 (default) or l2.
 * @throws RangeError when the factor does not divide the latents' sides.
 */
export function scaleEquivarianceLoss(
  { decode }: Pick<TrainableAutoencoder, "decode">,
  { latents_BHWC, pixels_BHWC }: LatentsOfPixels,
  { factor = 2, distance = "l1" }: { readonly factor?: 2 | 4; readonly distance?: PixelDistance } = {},
): PixelLoss {
  const shrink = (x_BHWC: tf.Tensor4D) => {
    const [, height, width] = x_BHWC.shape;
    return resizeBilinear(x_BHWC, { height: height / factor, width: width / factor });
  };
  const [, height, width] = latents_BHWC.shape;
  if (height % factor !== 0 || width % factor !== 0) {
    throw new RangeError(
      `scaleEquivarianceLoss: the latents' height (=${height}) and width (=${width}) must be divisible by factor (=${factor}); take larger pictures or a smaller factor`,
    );
  }
  return pixelLoss(decode(shrink(latents_BHWC)), shrink(pixels_BHWC), distance);
}
