/** 1,000 workers that load the torch backend, compute and end, ten at a time: no crash, and memory stays what it was. */
import { useBackend } from "@interfuse/tensor";
import { expect, it } from "vitest";
import { runSeries } from "../torch/program.ts";

const NUM_SERIES = 100;

it("1,000 workers in series of 10 leave no memory behind", async () => {
  await useBackend({ backend: "torch", threads: 2 });
  const residents: number[] = [];
  await runSeries(NUM_SERIES, () => void residents.push(process.memoryUsage().rss / 2 ** 20));
  const quarter = NUM_SERIES / 4;
  const [early, late] = [residents.slice(quarter, 2 * quarter), residents.slice(-quarter)].map((part) =>
    Math.min(...part),
  );
  console.log(`resident after a quarter: ${Math.round(early!)} MiB, at the end: ${Math.round(late!)} MiB`);
  // A worker takes tens of MiB while it runs: had 750 of them left a thousandth of that each, it would show.
  expect(late! - early!).toBeLessThanOrEqual(30);
});
