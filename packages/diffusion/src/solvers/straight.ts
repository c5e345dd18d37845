/**
 * Euler and Heun. Dividing by `alpha + sigma` turns every noise path into the linear one: with `y = x / (alpha + sigma)`
 * and `u = sigma / (alpha + sigma)`, `y = (1 - u) * latents + u * noise`, whose slope `dy/du = noise - latents` is
 * finite everywhere. On the linear path y is x and u is t. Euler's step is then the DDIM step (arXiv 2010.02502) on any
 * path; Heun averages the slopes at both ends (arXiv 2206.00364).
 */
import type { NoisePath } from "../noise-path.ts";
import type { Estimate } from "../prediction.ts";
import { makeSolver, type Solver } from "./solver.ts";

/** First order, one evaluation a step. */
export const euler: Solver = makeSolver(1, function* ({ latents, from, to }, { path }) {
  const line = straighten(path, from, to);
  const slope = slopeOf(yield { noisyLatents: latents, t: from });
  return line.advance(latents, slope);
});

/**
 * Second order, two evaluations a step; a step that ends at t = 0 is Euler's, as in the paper, since nothing is left there
 * to tell the noise from. On the cosine path, whose last step is long in u, the error of that step dominates.
 */
export const heun: Solver = makeSolver(2, function* ({ latents, from, to }, { path }) {
  const line = straighten(path, from, to);
  const first = slopeOf(yield { noisyLatents: latents, t: from });
  const ahead = line.advance(latents, first);
  if (to === 0) return ahead;
  const second = slopeOf(yield { noisyLatents: ahead, t: to });
  return line.advance(
    latents,
    first.map((value, i) => (value + (second[i] as number)) / 2),
  );
});

function slopeOf({ latents, noise }: Estimate): Float32Array {
  return noise.map((value, i) => value - (latents[i] as number));
}

function straighten(path: NoisePath, from: number, to: number) {
  const start = path.alphaSigma(from);
  const end = path.alphaSigma(to);
  const startScale = start.alpha + start.sigma;
  const endScale = end.alpha + end.sigma;
  const change = end.sigma / endScale - start.sigma / startScale;
  return {
    /** x at `to`, from x at `from` and a slope. */
    advance: (x: Float32Array, slope: Float32Array) =>
      x.map((value, i) => endScale * (value / startScale + change * (slope[i] as number))),
  };
}
