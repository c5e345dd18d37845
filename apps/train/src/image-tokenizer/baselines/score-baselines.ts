/** Trivial tokenizers on the same pictures, at the same compression: what a trained one has to beat. */
import type { Picture } from "@interfuse/image-tokenizer";
import { pooledPsnr } from "../pooled-psnr.ts";
import { fitPatchCodebook, nearestPatches } from "./k-means.ts";
import { cutPatches, joinPatches } from "./patches.ts";
import { blockMeans, pooled } from "./pooling.ts";
import { fitComponents, projectPatches } from "./principal-components.ts";

/** PSNR in dB of each. */
export type BaselineScores = {
  /** Each picture as its mean colour. */
  readonly meanColour: number;
  /** The mean colours of f x f squares, blended in between. */
  readonly pooling: number;
  /** Patches of f x f pixels as `numComponents` principal components. */
  readonly patchComponents: { readonly numComponents: number; readonly psnr: number };
  /** Patches of f x f pixels as one of `numCodes`. */
  readonly patchCodebook: { readonly numCodes: number; readonly psnr: number };
};

/** What is compared with. */
export type Compression = {
  /** f, pixels that a latent covers in each direction. */
  readonly downsampling: number;
  /** Numbers a patch for the components. */
  readonly numComponents: number;
  /** Codes of the codebook of patches. */
  readonly numCodes: number;
};

/** Most patches that codebook and components are fitted to. */
const MAX_PATCHES = 32_768;

/** Fits what needs fitting to the training pictures and scores all on others of the same size. */
export async function scoreBaselines(
  training: readonly Picture[],
  pictures: readonly Picture[],
  { downsampling, numComponents, numCodes }: Compression,
): Promise<BaselineScores> {
  const [first] = pictures;
  if (first === undefined) throw new RangeError("scoreBaselines: the list of pictures is empty; give at least one");
  const patchesOfOne = (first.width / downsampling) * (first.height / downsampling);
  const sample = training.slice(0, Math.max(1, Math.floor(MAX_PATCHES / patchesOfOne)));
  const fitted = cutPatches(sample, downsampling);
  const patches = cutPatches(pictures, downsampling);
  const score = (result: typeof patches) => pooledPsnr(pictures, joinPatches(result, pictures, downsampling));
  const components = await fitComponents(fitted, numComponents);
  const codebook = fitPatchCodebook(fitted, Math.min(numCodes, fitted.values.length / fitted.dim));
  try {
    return {
      meanColour: pooledPsnr(
        pictures,
        pictures.map((picture) => blockMeans(picture, Math.max(picture.width, picture.height))),
      ),
      pooling: pooledPsnr(
        pictures,
        pictures.map((picture) => pooled(picture, downsampling)),
      ),
      patchComponents: {
        numComponents: components.directions_KD.length,
        psnr: score(projectPatches(patches, components)),
      },
      patchCodebook: { numCodes: codebook.numCodes, psnr: score(await nearestPatches(patches, codebook)) },
    };
  } finally {
    codebook.dispose();
  }
}
