/**
 * Images a second of clients at once against one after another, in alternating rounds; the delay of the server's event loop
 * meanwhile; and how soon the first byte of a stream comes when the queue is full.
 */
import { median, percentile } from "../statistics.ts";
import { drawImage, timeToFirstByte } from "./requests.ts";
import { type HostOptions, ServerProcess } from "./server-process.ts";

export interface ThroughputOptions extends HostOptions {
  readonly clients: number;
  readonly rounds: number;
}

const WARM_UP_SECONDS = 5;
/** Images that are drawn one after another in a round; at once, every client draws `IMAGES_PER_CLIENT`. */
const IMAGES_ALONE = 8;
const IMAGES_PER_CLIENT = 4;
const NUM_FIRST_BYTES = 30;
/** Answers that a server takes in unless told otherwise: 16 running, 64 waiting. */
const MAX_OPEN = 80;

/** What was measured; the bars are at least 2.5 times, below 200 ms and below 50 ms. */
export async function benchServe(options: ThroughputOptions) {
  const server = await ServerProcess.start(options);
  try {
    let number = 0;
    const draw = () => drawImage(server.url, number++);
    const alone = () => rate(IMAGES_ALONE, () => drawTimes(IMAGES_ALONE, draw));
    const together = () =>
      rate(options.clients * IMAGES_PER_CLIENT, () =>
        Promise.all(Array.from({ length: options.clients }, () => drawTimes(IMAGES_PER_CLIENT, draw))),
      );
    for (const start = performance.now(); performance.now() - start < WARM_UP_SECONDS * 1000; ) {
      await alone();
      await together();
    }
    await server.metrics(); // the delay of the event loop is measured from one reading to the next
    const rates: { alone: number; together: number }[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const both = { alone: await alone(), together: await together() };
      rates.push(both);
      process.stderr.write(
        `${both.alone.toFixed(2)} images/s one after another, ${both.together.toFixed(2)} at once\n`,
      );
    }
    const { event_loop_delay_p99_seconds: delay = Number.NaN } = await server.metrics();
    const firstBytes = await withFullQueue(server);
    return {
      bench: "serve",
      clients: options.clients,
      imagesPerSecondAlone: median(rates.map((each) => each.alone)),
      imagesPerSecondTogether: median(rates.map((each) => each.together)),
      ratio: median(rates.map((each) => each.together / each.alone)),
      eventLoopDelayP99Ms: delay * 1000,
      firstByteP50Ms: median(firstBytes),
      firstByteP99Ms: percentile(firstBytes, 99),
    };
  } finally {
    await server.stop();
  }
}

async function drawTimes(count: number, draw: () => Promise<unknown>): Promise<void> {
  for (let image = 0; image < count; image++) await draw();
}

async function rate(numImages: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (numImages * 1000) / (performance.now() - start);
}

/** First bytes while all that may run or wait do, but one. */
async function withFullQueue(server: ServerProcess): Promise<number[]> {
  const controller = new AbortController();
  // More steps than fit in the time of the measurement.
  const others = Array.from({ length: MAX_OPEN - 1 }, (_, index) =>
    drawImage(server.url, index, { steps: 250, signal: controller.signal }).catch(() => undefined),
  );
  const milliseconds: number[] = [];
  for (let index = 0; index < NUM_FIRST_BYTES; index++) {
    await untilOpen(server, MAX_OPEN - 1);
    milliseconds.push(await timeToFirstByte(server.url, index));
  }
  controller.abort();
  await Promise.all(others);
  return milliseconds;
}

/** Waits until so many answers run or wait. */
async function untilOpen(server: ServerProcess, count: number): Promise<void> {
  for (;;) {
    const { jobs_running = 0, jobs_waiting = 0 } = await server.metrics();
    if (jobs_running + jobs_waiting === count) return;
  }
}
