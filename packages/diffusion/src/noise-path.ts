/**
 * Noise paths: how a sample turns into noise as t goes from 0 (clean) to 1 (noise), `x_t = alpha(t) * latents + sigma(t) * noise`.
 * A path also says what "velocity" means on it, so that predictions convert both ways without special cases.
 */

/** Weights of the clean latents and of the noise. */
export type AlphaSigma = { readonly alpha: number; readonly sigma: number };

/** One way from clean latents to noise. */
export type NoisePath = {
  readonly name: "linear" | "cosine";
  /** `alpha(t)` and `sigma(t)`. @throws RangeError when t is outside [0, 1]. */
  alphaSigma(t: number): AlphaSigma;
  /** Velocity is `noiseWeight * noise - latentsWeight * latents`. */
  velocityWeights(t: number): { readonly noiseWeight: number; readonly latentsWeight: number };
  /** `alpha(t) * latents + sigma(t) * noise`, a new array. @throws RangeError when lengths differ. */
  noisyLatents(latents: Float32Array, noise: Float32Array, t: number): Float32Array;
};

/**
 * Rectified flow (arXiv 2209.03003): `x_t = (1 - t) * latents + t * noise`, velocity `noise - latents`, the derivative of `x_t`.
 */
export const linearPath: NoisePath = {
  name: "linear",
  alphaSigma(t) {
    checkTimestep("linearPath", t);
    return { alpha: 1 - t, sigma: t };
  },
  velocityWeights: () => ({ noiseWeight: 1, latentsWeight: 1 }),
  noisyLatents: (latents, noise, t) => mix(latents, noise, linearPath.alphaSigma(t)),
};

const COSINE_OFFSET = 0.008;
const COSINE_STEPS = 1000;
const MAX_BETA = 0.999;
const cosineSquared = (t: number) => Math.cos(((t + COSINE_OFFSET) / (1 + COSINE_OFFSET)) * (Math.PI / 2)) ** 2;
const COSINE_FLOOR = (1 - MAX_BETA) * cosineSquared(1 - 1 / COSINE_STEPS);

/**
 * Nichol–Dhariwal (arXiv 2102.09672), offset 0.008, 1000 steps, every beta at most 0.999; step i is `t = (i + 1) / 1000`.
 * Only the last beta is ever clipped, so the product of `1 - beta` has the closed form used here, which also serves any t
 * between the steps. Variance preserving: `alpha^2 + sigma^2 = 1`. Velocity is `alpha * noise - sigma * latents`
 * (arXiv 2202.00512).
 */
export const cosinePath: NoisePath = {
  name: "cosine",
  alphaSigma(t) {
    checkTimestep("cosinePath", t);
    const alphaBar = Math.max(cosineSquared(t), COSINE_FLOOR) / cosineSquared(0);
    return { alpha: Math.sqrt(alphaBar), sigma: Math.sqrt(1 - alphaBar) };
  },
  velocityWeights(t) {
    const { alpha, sigma } = cosinePath.alphaSigma(t);
    return { noiseWeight: alpha, latentsWeight: sigma };
  },
  noisyLatents: (latents, noise, t) => mix(latents, noise, cosinePath.alphaSigma(t)),
};

/** Natural logarithm of the signal-to-noise ratio, `2 ln(alpha / sigma)`, of a path at t; infinite at the ends of the linear path. */
export function logSignalToNoise(path: NoisePath, t: number): number {
  const { alpha, sigma } = path.alphaSigma(t);
  return 2 * Math.log(alpha / sigma);
}

function mix(latents: Float32Array, noise: Float32Array, { alpha, sigma }: AlphaSigma): Float32Array {
  if (latents.length !== noise.length) {
    throw new RangeError(
      `noisyLatents: latents has ${latents.length} values and noise has ${noise.length}; draw one noise value for each latent`,
    );
  }
  const mixed = new Float32Array(latents.length);
  for (let i = 0; i < mixed.length; i++) mixed[i] = alpha * (latents[i] as number) + sigma * (noise[i] as number);
  return mixed;
}

function checkTimestep(path: string, t: number): void {
  if (!(t >= 0 && t <= 1)) throw new RangeError(`${path}: t (=${t}) must be in [0, 1]; 0 is clean, 1 is noise`);
}
