/**
 * A server at full load for a long time: clients that draw, watch, edit, chat, ask and go away. What is looked at is failed
 * requests, and whether resident memory grows between the first quarter and the end.
 */
import { median } from "../statistics.ts";
import { abandon, askAbout, chat, drawImage, editImage, streamImage } from "./requests.ts";
import { type HostOptions, ServerProcess } from "./server-process.ts";

export interface EnduranceOptions extends HostOptions {
  readonly clients: number;
  readonly minutes: number;
}

interface Sample {
  readonly seconds: number;
  readonly residentMiB: number;
  readonly delayMs: number;
}

const SAMPLE_SECONDS = 5;
const SAMPLES_PER_LINE = 12;
/** Small enough to be full before the first quarter is over: filling is not growth. */
const MAX_STORED_BYTES = 2 ** 20;

type Kind = (url: string, number: number, png: string) => Promise<void>;
/** What every second request is, in turn; the others draw. */
const KINDS: readonly Kind[] = [streamImage, chat, abandon, editImage, askAbout];

/** What was measured; the bars are no failure and at most 2 % growth. */
export async function benchServeEndurance(options: EnduranceOptions) {
  const server = await ServerProcess.start({ maxStoredBytes: MAX_STORED_BYTES, ...options });
  try {
    const load = new Load(server.url);
    const samples: Sample[] = [];
    const start = performance.now();
    const elapsed = () => (performance.now() - start) / 1000;
    const clients = Array.from({ length: options.clients }, () => load.runClient());
    while (elapsed() < options.minutes * 60) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_SECONDS * 1000));
      const { resident_memory_bytes = Number.NaN, event_loop_delay_p99_seconds = Number.NaN } = await server.metrics();
      const sample = {
        seconds: elapsed(),
        residentMiB: resident_memory_bytes / 2 ** 20,
        delayMs: event_loop_delay_p99_seconds * 1000,
      };
      samples.push(sample);
      if (samples.length % SAMPLES_PER_LINE === 0) log(sample, load);
    }
    load.stop();
    await Promise.all(clients);
    const total = options.minutes * 60;
    const resident = trend(samples.filter(({ seconds }) => seconds >= total / 4));
    const [quarter, end] = [resident(total / 4), resident(total)];
    return {
      bench: "serve-endurance",
      minutes: options.minutes,
      clients: options.clients,
      numRequests: load.numRequests,
      numFailed: load.failures.length,
      failures: load.failures.slice(0, 3),
      requestsPerSecond: load.numRequests / elapsed(),
      residentMiBAtQuarter: quarter,
      residentMiBAtEnd: end,
      growthPercent: (100 * (end - quarter)) / quarter,
      eventLoopDelayP99Ms: median(samples.map(({ delayMs }) => delayMs)),
      eventLoopDelayP99MsMost: Math.max(...samples.map(({ delayMs }) => delayMs)),
    };
  } finally {
    await server.stop();
  }
}

/**
 * The straight line through the samples (least squares). Garbage waits for its collection, so that single readings differ by
 * more than what is looked for.
 */
function trend(samples: readonly Sample[]): (seconds: number) => number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const time = mean(samples.map(({ seconds }) => seconds));
  const resident = mean(samples.map(({ residentMiB }) => residentMiB));
  const covariance = mean(samples.map(({ seconds, residentMiB }) => (seconds - time) * (residentMiB - resident)));
  const variance = mean(samples.map(({ seconds }) => (seconds - time) ** 2));
  return (seconds) => resident + (covariance / variance) * (seconds - time);
}

/** A line for people who wait. */
function log({ seconds, residentMiB, delayMs }: Sample, { numRequests, failures }: Load): void {
  const figures = [
    `${(seconds / 60).toFixed(0)} min`,
    `${numRequests} requests`,
    `${failures.length} failed`,
    `${residentMiB.toFixed(1)} MiB resident`,
    `event loop p99 ${delayMs.toFixed(1)} ms`,
  ];
  process.stderr.write(`${figures.join(", ")}\n`);
}

/** Requests of all kinds in turn, each with a seed of its own. */
class Load {
  readonly failures: string[] = [];
  numRequests = 0;
  readonly #url: string;
  #nextNumber = 0;
  #isStopped = false;

  constructor(url: string) {
    this.#url = url;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** One request after another. */
  async runClient(): Promise<void> {
    let png: string | undefined;
    while (!this.#isStopped) {
      const number = this.#nextNumber++;
      try {
        if (png === undefined || number % 2 === 0) png = await drawImage(this.#url, number);
        else await (KINDS[(number >> 1) % KINDS.length] as Kind)(this.#url, number, png);
      } catch (error) {
        this.failures.push(`request ${number}: ${(error as Error).message}`);
      }
      this.numRequests++;
    }
  }
}
