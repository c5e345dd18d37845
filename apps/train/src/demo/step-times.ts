import type { Reporter, TrainingEvent } from "@interfuse/training";

/** How long a run's steps take, checkpoints included. */
export class StepTimes implements Reporter {
  #start = 0;
  #firstStep = 0;
  #end = 0;
  #lastStep = 0;

  report(event: TrainingEvent): void {
    if (event.type === "start") {
      this.#start = performance.now();
      this.#firstStep = event.step;
    }
    this.#end = performance.now();
    this.#lastStep = event.step;
  }

  /** Seconds a step, on average. */
  mean(): number {
    return (this.#end - this.#start) / 1000 / (this.#lastStep - this.#firstStep);
  }
}
