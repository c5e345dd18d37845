/** Patches as a model learns from them: those of noised images mixed with noise, the others as they are. */
// P patches of all images, N patches of the noised ones, F values of a patch
import { type NoisePath, type PredictionType, targetWeights } from "@interfuse/diffusion";
import { drawNormal, type NormalDraw, tf } from "@interfuse/tensor";
import { imageOfPatch, type PatchGrid } from "../layout/patch-grid.ts";
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
  const imageOf = imageOfPatch(grids);
  const rows_N = rowsOf(new Set(noised), imageOf);
  if (rows_N.length === 0) return { patches_PF: clean_PF, targets_NF: tf.zeros([0, clean_PF.shape[1]]) };
  const latents_NF = gatherRows(clean_PF, rows_N);
  const noise_NF = drawNormal(draws).reshape<tf.Tensor2D>(latents_NF.shape);
  /** latents and noise, each times what the timestep of its image gives it. */
  const mixed = (weightsAt: (t: number) => { latents: number; noise: number }): tf.Tensor2D => {
    const weights = new Map(noised.map((image) => [image, weightsAt(timesteps[image]!)]));
    const weights_N = (part: "latents" | "noise") =>
      Float32Array.from(rows_N, (patch) => weights.get(imageOf[patch]!)![part]);
    const terms = [scaled(latents_NF, weights_N("latents")), scaled(noise_NF, weights_N("noise"))];
    return tf.addN(terms.filter((term) => term !== undefined));
  };
  const noisy_NF = mixed((t) => {
    const { alpha, sigma } = path.alphaSigma(t);
    return { latents: alpha, noise: sigma };
  });
  const targets_NF = mixed((t) => {
    const { latentsWeight, noiseWeight } = targetWeights(predictionType, path, t);
    return { latents: latentsWeight, noise: noiseWeight };
  });
  const order_P = Int32Array.from(imageOf.keys());
  rows_N.forEach((patch, row) => {
    order_P[patch] = imageOf.length + row;
  });
  return { patches_PF: gatherRows(tf.concat2d([clean_PF, noisy_NF], 0), order_P), targets_NF };
}

/** The patches of the noised images, in order. */
function rowsOf(noised: ReadonlySet<number>, imageOf: Int32Array): Int32Array {
  return Int32Array.from(imageOf.keys()).filter((patch) => noised.has(imageOf[patch]!));
}

/** Each row times its weight; undefined when all weights are 0. */
function scaled(rows_NF: tf.Tensor2D, weights_N: Float32Array): tf.Tensor2D | undefined {
  if (weights_N.every((weight) => weight === 0)) return undefined;
  if (weights_N.every((weight) => weight === 1)) return rows_NF;
  return rows_NF.mul(tf.tensor2d(weights_N, [weights_N.length, 1]));
}
