/**
 * DDIM and DDPM: a step keeps the estimated clean latents and mixes the estimated noise with fresh noise of standard
 * deviation tau. With `s` the end of the step, `t` its start and `var_{t|s} = sigma_t^2 - (alpha_t / alpha_s)^2 sigma_s^2`,
 * the posterior's `tau = sigma_s / sigma_t * sqrt(var_{t|s})` is DDPM (arXiv 2006.11239, the smaller variance) and
 * `tau = 0` is DDIM (arXiv 2010.02502). Written for any path, not only variance-preserving ones.
 */
import type { NoisePath } from "../noise-path.ts";
import { makeSolver, type Solver } from "./solver.ts";

/** Deterministic, one evaluation a step; exact when the data is a single point. */
export const ddim: Solver = makeSolver(1, function* ({ latents, from, to }, { path }) {
  const estimate = yield { noisyLatents: latents, t: from };
  return path.noisyLatents(estimate.latents, estimate.noise, to);
});

/** Ancestral sampling, one evaluation a step; needs a `generator`. */
export const ddpm: Solver = makeSolver(1, function* ({ latents, from, to }, { path, generator }) {
  if (generator === undefined) {
    throw new TypeError("solvers.ddpm.begin: generator is missing; ancestral sampling draws fresh noise in every step");
  }
  const estimate = yield { noisyLatents: latents, t: from };
  const { alpha, sigma } = path.alphaSigma(to);
  const tau = posteriorDeviation(path, from, to);
  const kept = Math.sqrt(Math.max(sigma ** 2 - tau ** 2, 0));
  const fresh = generator.normalArray(latents.length);
  return estimate.latents.map(
    (value, i) => alpha * value + kept * (estimate.noise[i] as number) + tau * (fresh[i] as number),
  );
});

/** Standard deviation of x at `to`, given x at `from` and the clean latents. */
function posteriorDeviation(path: NoisePath, from: number, to: number): number {
  const start = path.alphaSigma(from);
  const end = path.alphaSigma(to);
  const transition = start.sigma ** 2 - ((start.alpha / end.alpha) * end.sigma) ** 2;
  return (end.sigma / start.sigma) * Math.sqrt(Math.max(transition, 0));
}
