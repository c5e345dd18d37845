/** Patches as a model learns from them: those of noised images mixed with noise, the others as they are. */
// P patches of all images, N patches of the noised ones, F values of a patch
import { type NoisePath, type PredictionType, targetWeights } from "@interfuse/diffusion";
import { drawNormal, type NormalDraw, tf } from "@interfuse/tensor";
import type { PatchGrid } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";

/** What happens to the noised images: the source of its noise, and the timestep, of each. */
export type Noising = {
  readonly grids: readonly PatchGrid[];
  /** Indices of the noised images, in order. */
  readonly noised: readonly number[];
  readonly draws: readonly NormalDraw[];
  /** One per image, 0 is clean. */
  readonly timesteps: Float32Array;
  readonly path: NoisePath;
  readonly predictionType: PredictionType;
};

/** What enters the model, [P, F], and what it should predict, [N, F]. Call within a tidy. */
export function noisePatches(
  clean_PF: tf.Tensor2D,
  noising: Noising,
): { patches_PF: tf.Tensor2D; targets_NF: tf.Tensor2D } {
  const { grids, noised, draws, timesteps, path, predictionType } = noising;
  const { rows_N, order_P } = patchRows(grids, noised);
  const numFeatures = clean_PF.shape[1];
  if (rows_N.length === 0) return { patches_PF: clean_PF, targets_NF: tf.zeros([0, numFeatures]) };
  const latents_NF = gatherRows(clean_PF, rows_N);
  const noise_NF = drawNormal(draws).reshape<tf.Tensor2D>(latents_NF.shape);
  const sumOf = (weightsAt: (t: number) => { latents: number; noise: number }): tf.Tensor2D => {
    const latents_N = new Float32Array(rows_N.length);
    const noise_N = new Float32Array(rows_N.length);
    let row = 0;
    for (const image of noised) {
      const { latents, noise } = weightsAt(timesteps[image]!);
      const end = row + grids[image]!.numTokens;
      latents_N.fill(latents, row, end);
      noise_N.fill(noise, row, end);
      row = end;
    }
    const terms = [scaled(latents_NF, latents_N), scaled(noise_NF, noise_N)].filter((term) => term !== undefined);
    return tf.addN(terms);
  };
  const noisy_NF = sumOf((t) => {
    const { alpha, sigma } = path.alphaSigma(t);
    return { latents: alpha, noise: sigma };
  });
  const targets_NF = sumOf((t) => {
    const { latentsWeight, noiseWeight } = targetWeights(predictionType, path, t);
    return { latents: latentsWeight, noise: noiseWeight };
  });
  return { patches_PF: gatherRows(tf.concat2d([clean_PF, noisy_NF], 0), order_P), targets_NF };
}

/** The rows of the noised images' patches, and for each patch its row in (all clean patches | noised patches). */
function patchRows(
  grids: readonly PatchGrid[],
  noised: readonly number[],
): { rows_N: Int32Array; order_P: Int32Array } {
  const isNoised = new Set(noised);
  const rows: number[] = [];
  const numPatches = grids.reduce((sum, { numTokens }) => sum + numTokens, 0);
  const order_P = new Int32Array(numPatches);
  let patch = 0;
  for (const [image, { numTokens }] of grids.entries()) {
    for (const end = patch + numTokens; patch < end; patch++) {
      order_P[patch] = isNoised.has(image) ? numPatches + rows.push(patch) - 1 : patch;
    }
  }
  return { rows_N: Int32Array.from(rows), order_P };
}

/** Each row times its weight; undefined when all weights are 0. */
function scaled(rows_NF: tf.Tensor2D, weights_N: Float32Array): tf.Tensor2D | undefined {
  if (weights_N.every((weight) => weight === 0)) return undefined;
  if (weights_N.every((weight) => weight === 1)) return rows_NF;
  return rows_NF.mul(tf.tensor2d(weights_N, [weights_N.length, 1]));
}
