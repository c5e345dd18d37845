/** How many training steps fit in what is left of the demo's time. */

/** Times measured on this machine, in seconds. */
export type MeasuredTimes = {
  /** One training step. */
  readonly step: number;
  /** The whole evaluation that follows. */
  readonly evaluation: number;
};

/** The share of the training time kept back: for sample grids, and for a machine that is slower later. */
const RESERVE = 0.1;

/** Step counts are rounded down to a multiple of this, so that they are easy to repeat. */
const ROUND_TO = 50;

/**
 * The number of steps that end within `secondsLeft`, evaluation included; at least 50.
 * @throws RangeError when a time is not a positive number.
 */
export function fitSteps(secondsLeft: number, times: MeasuredTimes): number {
  for (const [name, value] of Object.entries(times)) {
    if (!(value > 0)) throw new RangeError(`fitSteps: the time of a ${name} (=${value} s) must be positive`);
  }
  const steps = ((secondsLeft - times.evaluation) * (1 - RESERVE)) / times.step;
  return Math.max(ROUND_TO, roundSteps(steps));
}

/** The whole minutes in which a demo fits `steps`, when `secondsSpent` have passed before it begins to train. */
export function minutesToFit(steps: number, secondsSpent: number, times: MeasuredTimes): number {
  return Math.ceil((secondsSpent + times.evaluation + (steps * times.step) / (1 - RESERVE)) / 60);
}

/** The next lower round number of steps. */
export function roundSteps(steps: number): number {
  return Math.floor(steps / ROUND_TO) * ROUND_TO;
}
