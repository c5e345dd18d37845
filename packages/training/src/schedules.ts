/**
 * Learning-rate schedules: the share of the peak rate that a step trains with.
 *
 * Steps count from 1 (the first optimizer update) to `totalSteps`. Every kind warms up linearly over `warmupSteps`, so that
 * step `warmupSteps` is the first at the full rate, and every decaying kind reaches `finalRatio` exactly at `totalSteps`.
 */

/** The share of the peak learning rate at a step (1 is the first update); in [0, 1]. */
export type Schedule = (step: number) => number;

/** A schedule as it stands in a recipe. `wsd` is warm-up, stable, decay (Hu et al. 2024, arXiv 2404.06395). */
export type ScheduleConfig = {
  readonly kind: "cosine" | "linear" | "constant" | "wsd";
  readonly warmupSteps: number;
  /** The share of the peak left at the last step; `constant` has 1. */
  readonly finalRatio: number;
  /** `wsd` only: the share of all steps, at the end, over which the rate falls; null otherwise. */
  readonly decayFraction: number | null;
};

/** Linear warm-up from 1/warmupSteps, then the full rate. @throws RangeError when `warmupSteps` is not a whole number from 0. */
export function constantSchedule({ warmupSteps }: { warmupSteps: number }): Schedule {
  checkSteps({ warmupSteps });
  return (step) => (step < warmupSteps ? step / warmupSteps : 1);
}

/**
 * Warm-up, then half a cosine from 1 to `finalRatio` (Loshchilov and Hutter 2016, arXiv 1608.03983, without restarts).
 * @throws RangeError when a number of steps is not a whole number from 0, or `finalRatio` is not from 0 to 1; the next two, too.
 */
export function cosineSchedule({ warmupSteps, totalSteps, finalRatio = 0 }: DecayOptions): Schedule {
  return decayAfter(warmupSteps, {
    warmupSteps,
    totalSteps,
    finalRatio,
    shape: (p) => 0.5 * (1 + Math.cos(Math.PI * p)),
  });
}

/** Warm-up, then a straight line from 1 to `finalRatio`. */
export function linearSchedule({ warmupSteps, totalSteps, finalRatio = 0 }: DecayOptions): Schedule {
  return decayAfter(warmupSteps, { warmupSteps, totalSteps, finalRatio, shape: (p) => 1 - p });
}

/** Warm-up, the full rate, then a straight line to `finalRatio` over the last `decaySteps`. */
export function warmupStableDecaySchedule(options: DecayOptions & { decaySteps: number }): Schedule {
  const { warmupSteps, totalSteps, decaySteps, finalRatio = 0 } = options;
  checkSteps({ decaySteps });
  const start = Math.max(warmupSteps, totalSteps - decaySteps);
  return decayAfter(start, { warmupSteps, totalSteps, finalRatio, shape: (p) => 1 - p });
}

/**
 * The schedule a config names, for a run of `totalSteps`.
 * @throws RangeError when the kind is unknown, the warm-up does not fit in the run, a share is outside [0, 1], or a field does not belong to the kind.
 */
export function scheduleFromConfig(config: ScheduleConfig, totalSteps: number): Schedule {
  const { kind, warmupSteps, finalRatio, decayFraction } = config;
  if (!["cosine", "linear", "constant", "wsd"].includes(kind)) {
    throw new RangeError(
      `schedule: kind (=${JSON.stringify(kind)}) must be one of "cosine", "linear", "constant", "wsd"`,
    );
  }
  if (!Number.isInteger(warmupSteps) || warmupSteps < 0 || warmupSteps > totalSteps) {
    throw new RangeError(
      `schedule: warmupSteps (=${warmupSteps}) must be a whole number from 0 to the number of steps (=${totalSteps})`,
    );
  }
  checkFinalRatio(finalRatio);
  if (kind === "constant" && finalRatio !== 1) {
    throw new RangeError(`schedule: finalRatio (=${finalRatio}) must be 1 for kind "constant", which never decays`);
  }
  if ((kind === "wsd") !== (decayFraction !== null)) {
    throw new RangeError(`schedule: decayFraction (=${decayFraction}) must be given for kind "wsd" and for no other`);
  }
  switch (kind) {
    case "constant":
      return constantSchedule({ warmupSteps });
    case "cosine":
      return cosineSchedule({ warmupSteps, totalSteps, finalRatio });
    case "linear":
      return linearSchedule({ warmupSteps, totalSteps, finalRatio });
    case "wsd": {
      const fraction = decayFraction ?? 0;
      if (!(fraction > 0 && fraction <= 1)) {
        throw new RangeError(`schedule: decayFraction (=${fraction}) must be above 0 and at most 1`);
      }
      return warmupStableDecaySchedule({
        warmupSteps,
        totalSteps,
        finalRatio,
        decaySteps: totalSteps - lastStableStep(config, totalSteps),
      });
    }
  }
}

/**
 * The last step whose rate would be the same in a longer run, so that up to it a run's number of steps may still change; 0 when
 * every rate depends on that number.
 */
export function lastStableStep({ kind, warmupSteps, decayFraction }: ScheduleConfig, totalSteps: number): number {
  if (kind === "constant") return totalSteps;
  return kind === "wsd" ? Math.max(warmupSteps, totalSteps - Math.round(totalSteps * (decayFraction ?? 0))) : 0;
}

type DecayOptions = { warmupSteps: number; totalSteps: number; finalRatio?: number };

/** Warm-up, 1 until `start`, then `shape` (from 1 at 0 to 0 at 1) scaled to end at `finalRatio`. */
function decayAfter(
  start: number,
  options: { warmupSteps: number; totalSteps: number; finalRatio: number; shape: (progress: number) => number },
): Schedule {
  const { warmupSteps, totalSteps, finalRatio, shape } = options;
  checkSteps({ warmupSteps, totalSteps });
  checkFinalRatio(finalRatio);
  return (step) => {
    if (step < warmupSteps) return step / warmupSteps;
    if (step <= start) return 1;
    const progress = Math.min(1, (step - start) / (totalSteps - start));
    return finalRatio + (1 - finalRatio) * shape(progress);
  };
}

function checkSteps(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isInteger(value) || value < 0) {
      throw new RangeError(`schedule: ${name} (=${value}) must be a whole number of at least 0`);
    }
  }
}

function checkFinalRatio(finalRatio: number): void {
  if (finalRatio >= 0 && finalRatio <= 1) return;
  throw new RangeError(`schedule: finalRatio (=${finalRatio}) must be from 0 to 1, a share of the peak learning rate`);
}
