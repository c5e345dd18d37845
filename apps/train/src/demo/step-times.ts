import { median, type Reporter, type TrainingEvent } from "@interfuse/training";

/** A step counts as at most this many times the median: pauses of a busy host say little of the steps to come. */
const LONGEST = 2;

/** How long a run's steps take. */
export class StepTimes implements Reporter {
  readonly #seconds: number[] = [];

  report(event: TrainingEvent): void {
    if (event.type === "step") this.#seconds.push(event.seconds);
  }

  /** Seconds a step, on average, without what pauses took; undefined when no step was made. */
  mean(): number | undefined {
    if (this.#seconds.length === 0) return undefined;
    const longest = LONGEST * median(this.#seconds);
    return this.#seconds.reduce((sum, seconds) => sum + Math.min(seconds, longest), 0) / this.#seconds.length;
  }
}
