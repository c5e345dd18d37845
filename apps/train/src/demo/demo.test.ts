import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TrainingEvent } from "@interfuse/training";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fitSteps, minutesToFit } from "./fit-steps.ts";
import { StageRunner } from "./stage.ts";
import { StepTimes } from "./step-times.ts";

describe("fitSteps", () => {
  it("leaves time for the evaluation and a reserve, in round numbers", () => {
    expect(fitSteps(700, { step: 0.2, evaluation: 100 })).toBe(2700);
    expect(fitSteps(60, { step: 1, evaluation: 100 })).toBe(50);
    expect(() => fitSteps(60, { step: Number.NaN, evaluation: 1 })).toThrow(/step \(=NaN s\)/);
  });
});

describe("minutesToFit", () => {
  it("is the time in which as many steps fit", () => {
    const times = { step: 0.2, evaluation: 100 };
    expect(minutesToFit(2700, 200, times)).toBe(15);
    expect(fitSteps(60 * minutesToFit(2701, 200, times) - 200, times)).toBeGreaterThan(2700);
  });
});

describe("StepTimes", () => {
  it("averages the steps, a pause among them counting as two", () => {
    const times = new StepTimes();
    expect(times.mean()).toBeUndefined();
    for (const seconds of [0.2, 0.3, 9, 0.25]) times.report({ type: "step", seconds } as TrainingEvent);
    expect(times.mean()).toBeCloseTo((0.2 + 0.3 + 0.25 + 2 * 0.275) / 4);
  });
});

describe("StageRunner", () => {
  let folder: string;
  let lines: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "interfuse-demo-"));
    lines = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const isThere = (file: string) =>
    access(join(folder, file)).then(
      () => true,
      () => false,
    );
  const runner = () => new StageRunner(folder, { log: (line) => void lines.push(line) });
  const stage = (name: string, inputs: number, run: () => Promise<number>) => ({
    name,
    inputs,
    outputs: [`${name}.bin`],
    run,
  });
  const fail = async (): Promise<number> => {
    throw new Error("must not run");
  };

  it("reuses finished stages and says so", async () => {
    expect(await runner().run(stage("a", 1, async () => 5))).toBe(5);
    expect(await runner().run(stage("a", 1, fail))).toBe(5);
    expect(lines.at(-1)).toMatch(/a: reused/);
  });

  it("makes a stage with other settings anew, and everything after it", async () => {
    await runner().run(stage("a", 1, async () => 5));
    await runner().run(stage("b", 1, async () => 6));
    const second = runner();
    expect(await second.run(stage("a", 2, async () => 7))).toBe(7);
    expect(await second.run(stage("b", 1, async () => 8))).toBe(8);
  });

  it("goes on with what a stopped stage left, and removes it when the settings changed", async () => {
    const stopped = async (): Promise<number> => {
      await writeFile(join(folder, "a.bin"), "half");
      throw new Error("stopped");
    };
    await expect(runner().run(stage("a", 1, stopped))).rejects.toThrow("stopped");
    await runner().run(stage("a", 1, async () => Number(await isThere("a.bin"))));
    expect(lines.at(-1)).toMatch(/going on/);
    expect(await runner().run(stage("a", 2, async () => Number(await isThere("a.bin"))))).toBe(0);
  });
});
