/** Counters of the HTTP side, and everything measured as Prometheus text (exposition format 0.0.4). */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ImageStore } from "../answers/image-store.ts";
import type { Engine } from "../engine/engine.ts";
import type { PoolStats } from "../engine/model-pool.ts";

type Sample = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };

/** Statistics of each model: the metric's name, kind, help and where its value comes from. */
const POOL_METRICS: readonly [string, "gauge" | "counter", string, (stats: PoolStats) => number][] = [
  ["jobs_waiting", "gauge", "Answers that wait for a worker", (stats) => stats.numWaiting],
  ["jobs_running", "gauge", "Answers being made", (stats) => stats.numRunning],
  ["workers_ready", "gauge", "Worker threads that can take answers", (stats) => stats.numReadyWorkers],
  ["step_seconds", "gauge", "Duration of the last step", (stats) => stats.stepMilliseconds / 1000],
  ["jobs_completed_total", "counter", "Answers made", (stats) => stats.numCompleted],
  ["jobs_failed_total", "counter", "Answers that failed", (stats) => stats.numFailed],
  ["jobs_refused_total", "counter", "Answers to requests that do not fit the model", (stats) => stats.numRefused],
  ["jobs_cancelled_total", "counter", "Answers given up because their client had gone", (stats) => stats.numCancelled],
  ["jobs_retried_total", "counter", "Answers started again after their worker had died", (stats) => stats.numRetried],
  ["worker_deaths_total", "counter", "Worker threads that died", (stats) => stats.numWorkerDeaths],
];

/** Interval of the timer that finds delays; what it measures includes the interval itself. */
const DELAY_RESOLUTION_MS = 10;

export class Metrics {
  readonly #engine: Engine;
  readonly #images: ImageStore;
  readonly #delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  readonly #requests = new Map<string, { labels: Record<string, string>; count: number; seconds: number }>();

  constructor(engine: Engine, images: ImageStore) {
    this.#engine = engine;
    this.#images = images;
    this.#delay.enable();
  }

  /** Counts a request; `seconds` until its headers. The route is its pattern, so that there are few. */
  count(labels: { route: string; method: string; status: string }, seconds: number): void {
    const key = JSON.stringify(labels);
    const { count, seconds: sum } = this.#requests.get(key) ?? { count: 0, seconds: 0 };
    this.#requests.set(key, { labels, count: count + 1, seconds: sum + seconds });
  }

  /** The text of `/metrics`. */
  text(): string {
    const requests = [...this.#requests.values()];
    const pools = [...this.#engine.stats()];
    const lines = [
      ...metric(
        "http_requests_total",
        "counter",
        "Requests answered",
        requests.map(({ labels, count: value }) => ({ labels, value })),
      ),
      ...metric(
        "http_request_seconds_total",
        "counter",
        "Time until headers were sent",
        requests.map(({ labels, seconds: value }) => ({ labels, value })),
      ),
      ...POOL_METRICS.flatMap(([name, kind, help, read]) =>
        metric(
          name,
          kind,
          help,
          pools.map(([model, stats]) => ({ labels: { model }, value: read(stats) })),
        ),
      ),
      ...metric("stored_image_bytes", "gauge", "Made images that are kept", [{ value: this.#images.numBytes }]),
      ...metric("event_loop_delay_p99_seconds", "gauge", "Delay of the event loop since the last reading", [
        { value: this.#readDelay() },
      ]),
      ...metric("resident_memory_bytes", "gauge", "Resident memory of the process", [
        { value: process.memoryUsage.rss() },
      ]),
    ];
    return `${lines.join("\n")}\n`;
  }

  dispose(): void {
    this.#delay.disable();
  }

  /** In seconds; the next reading starts anew. */
  #readDelay(): number {
    const milliseconds = this.#delay.percentile(99) / 1e6;
    this.#delay.reset();
    return Math.max(0, milliseconds - DELAY_RESOLUTION_MS) / 1000;
  }
}

function metric(name: string, kind: "gauge" | "counter", help: string, samples: readonly Sample[]): string[] {
  const full = `interfuse_${name}`;
  return [
    `# HELP ${full} ${help}`,
    `# TYPE ${full} ${kind}`,
    ...samples.map(({ labels = {}, value }) => `${full}${formatLabels(labels)} ${value}`),
  ];
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, "_")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
