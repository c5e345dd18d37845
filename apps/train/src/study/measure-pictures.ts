/** How far pictures are from the ones they were made of. */
import {
  frechetDistance,
  gradientMagnitudeRatio,
  perceptualDistance,
  pooledFeatures,
  psnr,
  ssim,
} from "@interfuse/evaluation";
import { type FeatureNetwork, frozenNetworkEncoder, type Picture } from "@interfuse/image-tokenizer";
import { pooledPsnr } from "../image-tokenizer/pooled-psnr.ts";

/**
 * `psnr` of the mean squared error over all pictures, `picturePsnr` the mean over pictures, `ssim`, `perceptual` (mean distance
 * by the network), `rfid` (Fréchet distance of the network's deepest map, averaged over places) and `sharpness` (gradient magnitude ratio).
 */
export async function measurePictures(
  pictures: readonly Picture[],
  originals: readonly Picture[],
  network: FeatureNetwork,
): Promise<Record<string, number>> {
  const pairs = pictures.map((picture, index) => [picture, originals[index] as Picture] as const);
  const encoder = frozenNetworkEncoder(network);
  return {
    psnr: pooledPsnr(originals, pictures),
    picturePsnr: mean(pairs.map(([picture, original]) => psnr(picture, original))),
    ssim: mean(pairs.map(([picture, original]) => ssim(picture, original))),
    perceptual: mean(await perceptualDistance(network, { pictures, references: originals })),
    rfid: frechetDistance(await pooledFeatures(encoder, pictures), await pooledFeatures(encoder, originals)),
    sharpness: gradientMagnitudeRatio(pictures, originals),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
