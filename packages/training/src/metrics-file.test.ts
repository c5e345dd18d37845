import { appendFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StepEvent } from "./events.ts";
import { MetricsFile } from "./metrics-file.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-metrics-"));
  path = join(folder, "run", "metrics.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (step: number) => ({ type: "start", step, totalSteps: 9, numParameters: 1 }) as const;
const step = (number: number): StepEvent => ({
  type: "step",
  step: number,
  totalSteps: 9,
  loss: 1 / number,
  losses: { text: 0.5 },
  counts: { text: 3 },
  learningRate: 0.1,
  gradNorm: 1,
  numTokens: 100,
  seconds: 0.5,
  dataSeconds: 0,
});
const lines = async () =>
  (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("MetricsFile", () => {
  it("writes one flat object a step, with rates", async () => {
    const file = new MetricsFile(path, { flopsPerToken: 10 });
    await file.report(start(0));
    await file.report(step(1));
    expect(await lines()).toEqual([
      expect.objectContaining({ step: 1, loss: 1, "loss/text": 0.5, tokensPerSecond: 200, flopsPerSecond: 2000 }),
    ]);
  });

  it("a resumed run drops the lines it makes again, and one that a kill cut short", async () => {
    const first = new MetricsFile(path);
    await first.report(start(0));
    for (const number of [1, 2, 3, 4]) await first.report(step(number));
    await appendFile(path, '{"step":5,"lo');
    const second = new MetricsFile(path);
    await second.report(start(2));
    await second.report(step(3));
    expect((await lines()).map((line) => line.step)).toEqual([1, 2, 3]);
  });

  it("has its lines on disk when it is flushed, and those it keeps before it replaces them", async () => {
    const probe = await open(join(folder, "probe"), "w");
    const synced = vi.spyOn(Object.getPrototypeOf(probe), "sync");
    await probe.close();
    try {
      const file = new MetricsFile(path);
      await file.report(start(0));
      expect(synced).toHaveBeenCalledTimes(1);
      await file.report(step(1));
      await file.flush();
      expect(synced).toHaveBeenCalledTimes(2);
    } finally {
      synced.mockRestore();
    }
  });

  it("names the file when it cannot be written, and keeps what it cannot read", async () => {
    await mkdir(path, { recursive: true });
    await expect(new MetricsFile(path).report(start(0))).rejects.toThrow(
      /MetricsFile: ".*metrics.jsonl" could not be written \(.*\); make room/,
    );
    const inFile = new MetricsFile(join(folder, "file", "metrics.jsonl"));
    await writeFile(join(folder, "file"), "");
    await expect(inFile.report(start(0))).rejects.toThrow(/MetricsFile: .* could not be written/);
  });
});
