import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySource } from "@interfuse/data";
import { loadPipeline } from "@interfuse/pipeline";
import { type BackendReport, useBackend } from "@interfuse/tensor";
import { latestCheckpoint } from "@interfuse/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debugModel } from "../recipes/model-debug.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { demoContext } from "./demo-context.ts";
import { makeScenesAhead } from "./make-scenes-ahead.ts";
import { parseDemoOptions } from "./options.ts";
import { runDemo } from "./run-demo.ts";
import { replanningStage } from "./stages/replanning-stage.ts";
import { scenesStage } from "./stages/scenes-stage.ts";
import { textTokenizerStage } from "./stages/text-tokenizer-stage.ts";
import { trainingStage } from "./stages/training-stage.ts";

let folder: string;
let backend: BackendReport;
beforeAll(async () => {
  backend = await useBackend({ threads: 1, precision: "f32" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const debug = debugModel();
const scale = {
  numScenes: 10,
  casesPerTask: 4,
  recipe: {
    ...debug,
    batch: { ...debug.batch, tokens: 192 },
    report: { ...debug.report, checkpointEvery: 1, sampleSteps: 2 },
  },
};

/** Runs the small demo; `stopAt` stops it when a line matches. */
async function demo(args: string[], stopAt?: RegExp): Promise<string> {
  const controller = new AbortController();
  let text = "";
  const write = (more: string) => {
    text += more;
    if (stopAt?.test(more)) controller.abort(new InterruptedError("stopped"));
  };
  const output = { write, isTerminal: false, useColor: false, columns: 80, isQuiet: false, isJson: false };
  await runDemo(parseDemoOptions(["--out", folder, ...args]), { backend, output, signal: controller.signal, scale });
  return text;
}

describe("the demo", { timeout: 300_000 }, () => {
  it("can be stopped in training and goes on; a second run reuses everything; --steps repeats exactly", async () => {
    await expect(demo(["--steps", "4"], /^2\/4/)).rejects.toThrow(/saved/);
    const first = await demo(["--steps", "4"]);
    expect(first).toMatch(/scenes: reused/);
    expect(first).toMatch(/training: going on where it was stopped/);
    expect(first).toMatch(/resuming after step 2/);
    expect(first).toMatch(/\*\*draw\*\*/);
    const weights = await readFile(join(folder, "model", "model.safetensors"));
    (await loadPipeline(directorySource(join(folder, "model")))).dispose();
    expect((await readFile(join(folder, "contact-sheet.png"))).subarray(1, 4).toString()).toBe("PNG");
    expect(JSON.parse(await readFile(join(folder, "results.json"), "utf8")).outcomes).toHaveLength(16);

    const second = await demo([]);
    for (const stage of ["scenes", "text-tokenizer", "plan", "beginning", "middle", "training", "evaluation"]) {
      expect(second).toMatch(new RegExp(`${stage}: reused`));
    }

    await demo(["--steps", "4", "--fresh"]);
    expect(await readFile(join(folder, "model", "model.safetensors"))).toEqual(weights);
  });

  it("takes scenes that were made while set-up went on, and makes none ahead where stages have been run", async () => {
    const out = join(folder, "ahead");
    const lines: string[] = [];
    const ahead = (...args: string[]) =>
      makeScenesAhead(parseDemoOptions(["--out", out, ...args]), { log: (line) => void lines.push(line), scale });
    await ahead();
    expect(lines.join("\n")).toMatch(/^scenes:\n {2}\d+ pictures/);
    expect(await demo(["--out", out, "--steps", "1"])).toMatch(/scenes: reused.*\ntext-tokenizer:\n/);
    lines.length = 0;
    await ahead("--seed", "7");
    expect(lines).toEqual([]);
    await ahead("--seed", "7", "--fresh");
    expect(lines[0]).toBe("scenes:");
    expect(await readdir(out)).toEqual(["scenes", "stages"]);
  });

  const planned = (out: string, warmupSteps: number) => {
    const schedule = { kind: "wsd", warmupSteps, finalRatio: 0, decayFraction: 0.6 } as const;
    return demoContext({
      ...{ out, seed: 0, backend, signal: new AbortController().signal, log: () => undefined },
      output: { write: () => undefined, isTerminal: false, useColor: false, columns: 80, isQuiet: true, isJson: false },
      scale: { ...scale, recipe: { ...scale.recipe, schedule } },
    });
  };
  const plan = { steps: 400, stepsMade: 0, secondsPerStep: 1, evaluationSeconds: 1 };
  const fifty = { plan, isFixed: false, secondsLeft: () => 2 };

  it("plans again after the first steps, and makes the same model as a run that was planned so from the start", async () => {
    const out = join(folder, "planned");
    const context = planned(out, 5);
    await scenesStage(context).run();
    await textTokenizerStage(context).run();
    const { steps } = await replanningStage("beginning", context, fifty).run();
    // Fifty steps are done and fifty more would fit, but a run of a hundred would by now have begun to decay.
    expect(steps).toBe(150);
    expect((await latestCheckpoint(join(out, "model")))?.step).toBe(50);
    await trainingStage(context, steps).run();
    const weights = await readFile(join(out, "model", "model.safetensors"));
    await rm(join(out, "model"), { recursive: true });
    await trainingStage(context, steps).run();
    expect(await readFile(join(out, "model", "model.safetensors"))).toEqual(weights);
  });

  it("plans once more in the middle, as long as the rate is constant", async () => {
    const out = join(folder, "middle");
    const context = planned(out, 5);
    await scenesStage(context).run();
    await textTokenizerStage(context).run();
    const options = { plan: { ...plan, steps: 250 }, isFixed: false, secondsLeft: () => 300 };
    // The rate is constant for 100 of 250 steps.
    expect(await replanningStage("middle", context, options).run()).toMatchObject({ steps: 350, stepsMade: 100 });
    expect((await latestCheckpoint(join(out, "model")))?.step).toBe(100);
  });

  it("plans no run so short that its warm-up would have been another", async () => {
    const out = join(folder, "warm-up");
    const context = planned(out, 50);
    await scenesStage(context).run();
    await textTokenizerStage(context).run();
    // A run of less than two hundred steps warms up in a quarter of them.
    expect(await replanningStage("beginning", context, fifty).run()).toMatchObject({ steps: 200 });
  });

  it("names flags it does not know", () => {
    expect(() => parseDemoOptions(["--minute", "3"])).toThrow(/--minute.*--minutes N/s);
    expect(() => parseDemoOptions(["--minutes", "soon"])).toThrow(/--minutes soon/);
  });
});
