import type { StepEvent } from "./events.ts";

/** Rates over the last steps. */
export type Rates = {
  readonly tokensPerSecond: number;
  /** Seconds until the last step at this pace. */
  readonly etaSeconds: number;
  /** Arithmetic rate, when the cost of a token is known. */
  readonly flopsPerSecond: number | undefined;
};

/** Rates as medians over a window of steps, so that one slow step (a checkpoint, a new shape) does not move them. */
export class Throughput {
  readonly #window: { seconds: number; secondsPerToken: number }[] = [];
  readonly #numSteps: number;
  readonly #flopsPerToken: number | undefined;

  /** @param options.flopsPerToken floating-point operations (2 a multiply-add) that training on one token takes. */
  constructor({ numSteps = 32, flopsPerToken }: { numSteps?: number; flopsPerToken?: number } = {}) {
    this.#numSteps = numSteps;
    this.#flopsPerToken = flopsPerToken;
  }

  /** Takes a step in and gives the rates with it. */
  add({ step, totalSteps, seconds, numTokens }: StepEvent): Rates {
    this.#window.push({ seconds, secondsPerToken: seconds / Math.max(1, numTokens) });
    if (this.#window.length > this.#numSteps) this.#window.shift();
    const tokensPerSecond = 1 / median(this.#window.map((entry) => entry.secondsPerToken));
    return {
      tokensPerSecond,
      etaSeconds: median(this.#window.map((entry) => entry.seconds)) * (totalSteps - step),
      flopsPerSecond: this.#flopsPerToken === undefined ? undefined : this.#flopsPerToken * tokensPerSecond,
    };
  }
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}
