import { median, type Reporter, type TrainingEvent } from "@interfuse/training";

/** Lines in a log between two reports. */
const EVERY = 100;

/** Processor time of a training's steps: what a step costs however busy the machine is. */
export class StepTimes implements Reporter {
  readonly #log: (line: string) => void;
  readonly #seconds: number[] = [];
  #last = processorSeconds();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  report(event: TrainingEvent): void {
    const now = processorSeconds();
    if (event.type === "step") {
      this.#seconds.push(now - this.#last);
      if (event.step % EVERY === 0) this.#log(`${event.step}/${event.totalSteps} loss ${event.loss.toFixed(4)}`);
    }
    this.#last = now;
  }

  /** `stepSeconds`, the median; nothing when no step was made (a finished training was only measured). */
  figures(): Record<string, number> {
    return this.#seconds.length === 0 ? {} : { stepSeconds: median(this.#seconds) };
  }
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
