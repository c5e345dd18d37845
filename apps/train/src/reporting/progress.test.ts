import type { StepEvent } from "@interfuse/training";
import { describe, expect, it } from "vitest";
import type { ConsoleOutput } from "./console-output.ts";
import { formatBar, formatBytes, formatCount, formatDuration } from "./format.ts";
import { ProgressReporter } from "./progress.ts";

function recorder(overrides: Partial<ConsoleOutput> = {}): { output: ConsoleOutput; text: () => string } {
  const written: string[] = [];
  const output = {
    write: (text: string) => void written.push(text),
    isTerminal: false,
    useColor: false,
    columns: 200,
    isQuiet: false,
    isJson: false,
    ...overrides,
  };
  return { output, text: () => written.join("") };
}

function step(number: number): StepEvent {
  return {
    type: "step",
    step: number,
    totalSteps: 20,
    loss: 2.5,
    losses: { text: 0.5, image: 0.4 },
    counts: { text: 10, image: 2 },
    learningRate: 1e-3,
    gradNorm: 0.75,
    numTokens: 1000,
    seconds: 0.5,
    dataSeconds: 0,
  };
}

describe("ProgressReporter", () => {
  it("prints a line every N steps and at the end when there is no terminal", () => {
    const { output, text } = recorder();
    const reporter = new ProgressReporter({ output, everySteps: 8, flopsPerToken: 1e6, productRate: 4e9 });
    for (let number = 1; number <= 20; number++) reporter.report(step(number));
    const lines = text().trim().split("\n");
    expect(lines.map((line) => line.split("/")[0])).toEqual(["8", "16", "20"]);
    expect(lines[0]).toContain("loss 2.500 (text 0.500, image 0.400)");
    expect(lines[0]).toContain("2,000 tok/s");
    expect(lines[0]).toContain("50% of products");
    expect(lines[0]).toContain("ETA 0:06");
  });

  it("redraws one line on a terminal, without colour when told so", () => {
    const { output, text } = recorder({ isTerminal: true });
    const reporter = new ProgressReporter({ output, everySteps: 8 });
    reporter.report(step(1));
    reporter.report({ type: "checkpoint", step: 1, path: "out/checkpoint-000001" });
    expect(text()).toContain("\r");
    expect(text()).not.toContain("\x1b[36m");
    expect(text().endsWith("saved out/checkpoint-000001\n")).toBe(true);
  });

  it("says nothing when quiet, and one JSON object a line with --json", () => {
    const quiet = recorder({ isQuiet: true });
    new ProgressReporter({ output: quiet.output, everySteps: 1 }).report(step(1));
    expect(quiet.text()).toBe("");
    const json = recorder({ isJson: true });
    new ProgressReporter({ output: json.output, everySteps: 1 }).report(step(1));
    expect(JSON.parse(json.text())).toMatchObject({ type: "step", step: 1, tokensPerSecond: 2000 });
  });
});

describe("formats", () => {
  it("are short", () => {
    expect(formatCount(1234)).toBe("1,234");
    expect(formatCount(12_345)).toBe("12.3 k");
    expect(formatCount(6_900_000)).toBe("6.90 M");
    expect(formatDuration(754)).toBe("12:34");
    expect(formatDuration(3723)).toBe("1:02:03");
    expect(formatBytes(3.5 * 1024 * 1024)).toBe("3.5 MiB");
    expect(formatBar(0.5, 4)).toBe("██░░");
  });
});
