/** Where on a noise path to train and to sample. t = 0 is clean, t = 1 is noise. */
import { type Generator, normalQuantile } from "@interfuse/tensor";

/**
 * `s * t / (1 + (s - 1) * t)`: moves timesteps towards noise for s > 1, keeps 0 and 1. On the linear path it subtracts
 * exactly `2 ln s` from the log signal-to-noise ratio (arXiv 2301.11093, 2403.03206); its inverse has shift `1 / s`.
 *
 * @throws RangeError when the shift is not positive or t is outside [0, 1].
 */
export function shiftTimesteps(t: number, shift: number): number {
  checkShift("shiftTimesteps", shift);
  if (!(t >= 0 && t <= 1)) throw new RangeError(`shiftTimesteps: t (=${t}) must be in [0, 1]`);
  return (shift * t) / (1 + (shift - 1) * t);
}

/** How training timesteps are drawn. */
export type TimestepSampling = {
  /** `logit-normal`: `sigmoid(mean + std * normal)` (arXiv 2403.03206); `uniform`: [0, 1). */
  readonly kind: "logit-normal" | "uniform";
  /** Mean of the normal; logit-normal only. Default 0. */
  readonly mean?: number;
  /** Standard deviation of the normal; logit-normal only. Default 1. */
  readonly std?: number;
  /** Applied with {@link shiftTimesteps} to each draw. Default 1. */
  readonly shift?: number;
  /** Largest t: the draw is multiplied by it, last of all. One for all, or one a sample. Default 1. */
  readonly cap?: number | ArrayLike<number>;
  /** Draw one quantile from each of `count` equal strata, in random order: same distribution, smaller variance of the batch. Default false. */
  readonly isStratified?: boolean;
};

/**
 * Draws `count` timesteps.
 *
 * @throws RangeError for an unknown kind, a count, mean, std, shift or cap out of range, or a cap list of the wrong length; TypeError
 *   when mean or std is given for `uniform`.
 */
export function sampleTimesteps(generator: Generator, count: number, sampling: TimestepSampling): Float32Array {
  const { kind, mean = 0, std = 1, shift = 1, cap = 1, isStratified = false } = sampling;
  if (kind !== "logit-normal" && kind !== "uniform") {
    throw new RangeError(`sampleTimesteps: kind (=${JSON.stringify(kind)}) must be "logit-normal" or "uniform"`);
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`sampleTimesteps: count (=${count}) must be a whole number of at least 0`);
  }
  if (kind === "uniform" && (sampling.mean !== undefined || sampling.std !== undefined)) {
    throw new TypeError('sampleTimesteps: mean and std have no meaning for kind "uniform"; leave them out');
  }
  if (!Number.isFinite(mean)) throw new RangeError(`sampleTimesteps: mean (=${mean}) must be a number`);
  if (!(std > 0 && Number.isFinite(std))) {
    throw new RangeError(`sampleTimesteps: std (=${std}) must be a positive number`);
  }
  checkShift("sampleTimesteps", shift);
  const caps = typeof cap === "number" ? Array.from({ length: count }, () => cap) : Array.from(cap);
  if (caps.length !== count) {
    throw new RangeError(`sampleTimesteps: cap has ${caps.length} entries but count is ${count}; give one a sample`);
  }
  const wrong = caps.find((value) => !(value > 0 && value <= 1));
  if (wrong !== undefined) throw new RangeError(`sampleTimesteps: cap (=${wrong}) must be in (0, 1]`);

  const strata = isStratified ? generator.shuffle(Array.from({ length: count }, (_, i) => i)) : undefined;
  return Float32Array.from(caps, (largest, i) => {
    const uniform = generator.uniform();
    const quantile = strata === undefined ? uniform : ((strata[i] as number) + uniform) / count;
    const t = kind === "uniform" ? quantile : 1 / (1 + Math.exp(-(mean + std * normalQuantile(quantile))));
    return largest * shiftTimesteps(t, shift);
  });
}

/** The grid a solver walks. */
export type TimestepGridOptions = {
  /** Steps, one fewer than grid points. */
  readonly numSteps: number;
  /** First t, before the shift. Default 1; below 1 when the prediction cannot be used at pure noise (epsilon on the linear path). */
  readonly start?: number;
  /** Applied with {@link shiftTimesteps}; above 1 spends more steps near noise. Default 1. */
  readonly shift?: number;
};

/**
 * `numSteps + 1` descending timesteps from `start` to 0, evenly spaced before the shift. On the cosine path with a
 * `numSteps` that divides 1000 these are steps of the training schedule.
 *
 * @throws RangeError when `numSteps` is not a positive integer, or start or shift is out of range.
 */
export function timestepGrid({ numSteps, start = 1, shift = 1 }: TimestepGridOptions): Float64Array {
  if (!Number.isInteger(numSteps) || numSteps < 1) {
    throw new RangeError(`timestepGrid: numSteps (=${numSteps}) must be a positive integer`);
  }
  if (!(start > 0 && start <= 1)) throw new RangeError(`timestepGrid: start (=${start}) must be in (0, 1]`);
  return Float64Array.from({ length: numSteps + 1 }, (_, i) =>
    shiftTimesteps((start * (numSteps - i)) / numSteps, shift),
  );
}

function checkShift(operation: string, shift: number): void {
  if (!(shift > 0 && Number.isFinite(shift))) {
    throw new RangeError(`${operation}: shift (=${shift}) must be a positive number; 1 changes nothing`);
  }
}
