/** Starting program.mjs in its forms, and what it must answer. */
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { expect } from "vitest";

export const TORCH_PROGRAM = fileURLToPath(new URL("./program.mjs", import.meta.url));

/** What the program sends: a gradient's sum, with no slot left in use. */
export const ANSWER = { sum: 2 * 64 * 64 * 64, slots: 0 };

/** Starts a worker, waits for its answer, and lets it end or, when it is endless, ends it in the middle of its work. */
export async function runWorker(argv: string[], { delay = 0 }: { delay?: number } = {}): Promise<void> {
  const worker = new Worker(TORCH_PROGRAM, { argv });
  const ended = new Promise<number>((resolve) => worker.once("exit", resolve));
  const answer = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  expect(answer).toEqual(ANSWER);
  if (argv.includes("--endless")) {
    await new Promise((resolve) => setTimeout(resolve, delay));
    await worker.terminate();
  } else {
    expect(await ended).toBe(0);
  }
}

/** `count` series of ten workers side by side; the odd ones are ended in the middle of their work. */
export async function runSeries(count: number, afterEach: (series: number) => void = () => undefined): Promise<void> {
  for (let series = 0; series < count; series++) {
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? runWorker([]) : runWorker(["--endless"], { delay: i }))),
    );
    afterEach(series);
  }
}
