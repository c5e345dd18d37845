/** What the network is asked to predict, and how to get clean latents and noise back from its answer. */
import type { NoisePath } from "./noise-path.ts";

/** `velocity` as the path defines it, `epsilon` the noise, `sample` the clean latents. */
export type PredictionType = "velocity" | "epsilon" | "sample";

/** Smallest alpha or sigma that a prediction is divided by; the cosine path stays above it at pure noise. */
const SMALLEST_DIVISOR = 1e-6;

/** How much of the clean latents and of the noise is in a target. */
export type TargetWeights = { readonly latentsWeight: number; readonly noiseWeight: number };

/** @throws RangeError when it is none of the three. */
export function checkPredictionType(operation: string, predictionType: PredictionType): void {
  if (predictionType === "velocity" || predictionType === "epsilon" || predictionType === "sample") return;
  throw new RangeError(
    `${operation}: predictionType (=${JSON.stringify(predictionType)}) must be "velocity", "epsilon" or "sample"`,
  );
}

/** The weights of which the network's target is the sum. @throws RangeError when the type is unknown or t is outside [0, 1]. */
export function targetWeights(predictionType: PredictionType, path: NoisePath, t: number): TargetWeights {
  checkPredictionType("targetWeights", predictionType);
  // Refuses a wrong t, which not every type's weights look at.
  path.alphaSigma(t);
  if (predictionType === "epsilon") return { latentsWeight: 0, noiseWeight: 1 };
  if (predictionType === "sample") return { latentsWeight: 1, noiseWeight: 0 };
  const { noiseWeight, latentsWeight } = path.velocityWeights(t);
  return { latentsWeight: -latentsWeight, noiseWeight };
}

/**
 * The network's target, a new array.
 *
 * @throws RangeError when latents and noise differ in length, the type is unknown or t is outside [0, 1].
 */
export function predictionTarget(options: {
  readonly predictionType: PredictionType;
  readonly latents: Float32Array;
  readonly noise: Float32Array;
  readonly t: number;
  readonly path: NoisePath;
}): Float32Array {
  const { predictionType, latents, noise, t, path } = options;
  if (latents.length !== noise.length) {
    throw new RangeError(`predictionTarget: latents has ${latents.length} values and noise has ${noise.length}`);
  }
  const { latentsWeight, noiseWeight } = targetWeights(predictionType, path, t);
  return noise.map((value, i) => noiseWeight * value + latentsWeight * (latents[i] as number));
}

/** Clean latents and noise, such that `alpha * latents + sigma * noise` is the noisy latents they came from. */
export type Estimate = { readonly latents: Float32Array; readonly noise: Float32Array };

/**
 * The clean latents and the noise that a prediction stands for.
 *
 * With `x = alpha * latents + sigma * noise` and `v = c * noise - d * latents`, velocity solves the 2x2 system; epsilon
 * and sample give one of the two and divide for the other.
 *
 * @throws RangeError when the prediction has no answer at t: epsilon where alpha is 0 (linear path, t = 1), sample where sigma is 0 (t = 0);
 *   when lengths differ, the type is unknown or t is outside [0, 1].
 */
export function estimateFromPrediction(options: {
  readonly predictionType: PredictionType;
  readonly prediction: Float32Array;
  readonly noisyLatents: Float32Array;
  readonly t: number;
  readonly path: NoisePath;
}): Estimate {
  const { predictionType, prediction, noisyLatents, t, path } = options;
  if (prediction.length !== noisyLatents.length) {
    throw new RangeError(
      `estimateFromPrediction: prediction has ${prediction.length} values and noisyLatents has ${noisyLatents.length}`,
    );
  }
  checkPredictionType("estimateFromPrediction", predictionType);
  const { alpha, sigma } = path.alphaSigma(t);
  const x = (i: number) => noisyLatents[i] as number;
  if (predictionType === "epsilon") {
    checkDivisor(alpha, `epsilon has no clean latents at t (=${t}) on the ${path.name} path; start the grid below 1`);
    return { latents: prediction.map((noise, i) => (x(i) - sigma * noise) / alpha), noise: prediction.slice() };
  }
  if (predictionType === "sample") {
    checkDivisor(sigma, `sample has no noise at t (=${t}); it is already clean there`);
    return { latents: prediction.slice(), noise: prediction.map((latent, i) => (x(i) - alpha * latent) / sigma) };
  }
  const { noiseWeight, latentsWeight } = path.velocityWeights(t);
  const determinant = alpha * noiseWeight + sigma * latentsWeight;
  return {
    latents: prediction.map((velocity, i) => (noiseWeight * x(i) - sigma * velocity) / determinant),
    noise: prediction.map((velocity, i) => (latentsWeight * x(i) + alpha * velocity) / determinant),
  };
}

function checkDivisor(divisor: number, message: string): void {
  if (divisor < SMALLEST_DIVISOR) throw new RangeError(`estimateFromPrediction: ${message}`);
}
