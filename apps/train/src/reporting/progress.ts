/**
 * The progress of a run on stderr: a bar that stays in place on a terminal, now and then a line elsewhere, or JSON lines.
 *
 *     ███░░░  420/1,200  loss 2.31 (text 0.41, image 0.38)  lr 9.1e-4  |g| 0.8  12.3 k tok/s  71% of products  ETA 2:04
 */
import { type Rates, type Reporter, type StepEvent, Throughput, type TrainingEvent } from "@interfuse/training";
import type { ConsoleOutput } from "./console-output.ts";
import { formatBar, formatCount, formatDuration } from "./format.ts";

export type ProgressOptions = {
  readonly output: ConsoleOutput;
  /** What training on one token costs, in floating-point operations; with `productRate` it gives the share. */
  readonly flopsPerToken?: number;
  /** Floating-point operations a second that the machine's plain matrix products reach. */
  readonly productRate?: number;
  /** Off a terminal: one line every so many steps. */
  readonly everySteps: number;
};

/** Reports a run's steps as they come; see the file's header. */
export class ProgressReporter implements Reporter {
  readonly #options: ProgressOptions;
  readonly #throughput: Throughput;
  #hasOpenLine = false;
  #lastDrawn = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#throughput = new Throughput({ flopsPerToken: options.flopsPerToken });
  }

  report(event: TrainingEvent): void {
    const { output } = this.#options;
    const rates = event.type === "step" ? this.#throughput.add(event) : undefined;
    if (output.isQuiet) return;
    if (output.isJson) output.write(`${JSON.stringify({ ...event, ...rates })}\n`);
    else if (event.type === "step" && rates !== undefined) this.#drawStep(event, rates);
    else if (event.type === "checkpoint") this.line(`saved ${event.path}`);
    else if (event.type === "start" && event.step > 0) this.line(`resuming after step ${event.step}`);
    else if (event.type === "end") this.#closeLine();
  }

  /** Prints a line of its own without breaking the bar. */
  line(text: string): void {
    const { output } = this.#options;
    if (output.isQuiet || output.isJson) return;
    if (this.#hasOpenLine) output.write("\r\x1b[K");
    this.#hasOpenLine = false;
    output.write(`${text}\n`);
  }

  #drawStep(event: StepEvent, rates: Rates): void {
    const { output, everySteps } = this.#options;
    const isLast = event.step === event.totalSteps;
    if (!output.isTerminal) {
      if (isLast || event.step % everySteps === 0) output.write(`${this.#describe(event, rates)}\n`);
      return;
    }
    const now = performance.now();
    if (!isLast && now - this.#lastDrawn < 100) return;
    this.#lastDrawn = now;
    const bar = formatBar(event.step / event.totalSteps, 12);
    const text = `${bar} ${this.#describe(event, rates)}`.slice(0, output.columns - 1);
    output.write(`\r${output.useColor ? text.replace(bar, `\x1b[36m${bar}\x1b[0m`) : text}\x1b[K`);
    this.#hasOpenLine = true;
  }

  #describe(event: StepEvent, rates: Rates): string {
    const { productRate } = this.#options;
    const terms = Object.entries(event.losses).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    const share =
      productRate === undefined || rates.flopsPerSecond === undefined
        ? []
        : [`${Math.round((100 * rates.flopsPerSecond) / productRate)}% of products`];
    return [
      `${formatCount(event.step)}/${formatCount(event.totalSteps)}`,
      `loss ${event.loss.toFixed(3)}${terms.length > 1 ? ` (${terms.join(", ")})` : ""}`,
      `lr ${event.learningRate.toExponential(1)}`,
      `|g| ${event.gradNorm.toPrecision(2)}`,
      `${formatCount(rates.tokensPerSecond)} tok/s`,
      ...share,
      `ETA ${formatDuration(rates.etaSeconds)}`,
    ].join("  ");
  }

  #closeLine(): void {
    if (this.#hasOpenLine) this.#options.output.write("\n");
    this.#hasOpenLine = false;
  }
}
