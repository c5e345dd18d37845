import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BackendReport, tf, useBackend } from "@interfuse/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterruptedError } from "../run/interrupted-error.ts";
import { parseStudyOptions } from "./options.ts";
import { formatStudy, replaceSections } from "./page.ts";
import { debugStudy } from "./plans/debug.ts";
import { imageTokenizersStudy } from "./plans/image-tokenizers.ts";
import { runOne } from "./run-one.ts";
import { runPool, type StartRun } from "./run-pool.ts";
import { runStudy, selectRuns } from "./run-study.ts";
import { settingsOf } from "./settings-of.ts";
import { estimate } from "./statistics.ts";
import { type Results, type Run, type RunResult, runsOf, type Study } from "./study.ts";
import { readResults, writeResult } from "./study-folder.ts";
import { effectsTable, figuresTable, fixed } from "./tables.ts";

const silent = () => undefined;
const signal = new AbortController().signal;

function sheet(id: string, needs: readonly string[] = []): Run {
  return { id, needs, kind: "sheet", data: "few-scenes", title: id, rows: [] };
}

function result(id: string, figures: Record<string, number>): [string, RunResult] {
  return [
    id,
    { run: sheet(id), settings: null, figures, processorSeconds: 90, date: "2026-11-21", machine: "a machine" },
  ];
}

describe("estimate", () => {
  it("is the mean with Student's interval", () => {
    const { mean, halfWidth } = estimate([1, 2, 3]);
    expect(mean).toBe(2);
    // scipy 1.15: t.interval(0.95, 2, 2, sem([1, 2, 3]))
    expect(halfWidth).toBeCloseTo(2.4842, 3);
    expect(estimate([5])).toEqual({ mean: 5, halfWidth: undefined, count: 1 });
    expect(() => estimate([])).toThrow(/values \(0\)/);
  });
});

describe("tables", () => {
  const results: Results = new Map([
    result("plain/0", { psnr: 20 }),
    result("plain/1", { psnr: 22 }),
    result("changed/0", { psnr: 21, usage: 0.5 }),
    result("changed/1", { psnr: 23.5, usage: 0.75 }),
  ]);
  const psnr = { figure: "psnr", title: "PSNR", format: fixed(1) };

  it("have means with intervals, and say what is missing", () => {
    const rows = [
      { label: "plain", runs: ["plain/0", "plain/1"] },
      { label: "one seed", runs: ["changed/0"] },
      { label: "later", runs: ["plain/0", "plain/2"] },
    ];
    expect(figuresTable(rows, [psnr, { figure: "usage", title: "usage", format: fixed(2) }], results)).toBe(
      [
        "|          | PSNR        | usage   |",
        "| -------- | ----------- | ------- |",
        "| plain    | 21.0 ± 12.7 | –       |",
        "| one seed | 21.0        | 0.50    |",
        "| later    | not run     | not run |",
      ].join("\n"),
    );
  });

  it("pair differences by seed", () => {
    const comparison = {
      label: "change",
      without: ["plain/0", "plain/1"],
      with: ["changed/0", "changed/1"],
      effects: [
        { ...psnr, hoped: "higher" },
        { ...psnr, isRelative: true, hoped: "" },
      ],
    };
    const [, , absolute, relative] = effectsTable([comparison], results).split("\n");
    expect(absolute).toMatch(/^\| change \| PSNR +\| 21.0 ± 12.7 \| 22.3 ± 15.9 \| \+1.3 ± 3.2 +\| higher/);
    expect(relative).toMatch(/^\| {8}\| PSNR .* \+5.9% ± 11.6% +\|/);
  });
});

describe("a page", () => {
  const study: Study = {
    name: "test",
    page: "page.md",
    sections: [{ name: "part", runs: [sheet("a"), sheet("b")], format: (results) => `${results.size} results` }],
  };

  it("keeps what is written by hand and is the same for the same results", () => {
    const page = "before\n<!-- study: part -->\nold\n<!-- /study -->\nafter\n";
    const results: Results = new Map([result("a", {})]);
    const once = replaceSections(page, study, results);
    expect(once).toBe(
      "before\n<!-- study: part -->\n\n1 results\n\n1 of 2 runs, 2 minutes of one core; 2026-11-21; a machine.\n\n<!-- /study -->\nafter\n",
    );
    expect(replaceSections(once, study, results)).toBe(once);
    expect(() => replaceSections("nothing", study, results)).toThrow(/lacks "<!-- study: part -->"/);
  });

  it("of the repository has a place for every section", async () => {
    const { page, sections } = imageTokenizersStudy();
    const text = await readFile(new URL(`../../../../${page}`, import.meta.url), "utf8");
    for (const { name } of sections) expect(text).toContain(`<!-- study: ${name} -->`);
  });
});

describe("runs", () => {
  it("are of recipes and settings that there are", () => {
    for (const run of runsOf(imageTokenizersStudy())) {
      expect(() => settingsOf(run)).not.toThrow();
    }
  });

  it("are ordered by need, each once, and chosen by section or name with what they need", () => {
    const study = debugStudy();
    const ids = runsOf(study).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.indexOf("model")).toBeLessThan(ids.indexOf("model-time"));
    expect(selectRuns(study, ["vq"]).map(({ id }) => id)).toEqual(["features-few-scenes", "vq/0", "vq/1"]);
    expect(selectRuns(study, ["models"]).map(({ id }) => id)).toContain("kl/0");
    expect(() => selectRuns(study, ["nothing"])).toThrow(/--only nothing must be/);
    const circular = { ...study, sections: [{ name: "", runs: [sheet("a", ["a"])], format: String }] };
    expect(() => runsOf(circular)).toThrow(/a needs a/);
  });

  it("go side by side, and a failure stops only what needs it", async () => {
    let [active, most] = [0, 0];
    const done: string[] = [];
    const start: StartRun = async ({ id }) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, 1));
      active -= 1;
      done.push(id);
      return id === "bad" ? 1 : 0;
    };
    const runs = [
      sheet("bad"),
      sheet("good"),
      sheet("worse", ["bad"]),
      sheet("worst", ["worse"]),
      sheet("better", ["good"]),
    ];
    expect(await runPool(runs, start, { numJobs: 2, log: silent, signal })).toEqual(["bad", "worse", "worst"]);
    expect(done.sort()).toEqual(["bad", "better", "good"]);
    expect(most).toBe(2);
  });

  it("stop when told to", async () => {
    const controller = new AbortController();
    const start: StartRun = async () => {
      controller.abort();
      return 130;
    };
    const runs = [sheet("a"), sheet("b")];
    const left = await runPool(runs, start, { numJobs: 1, log: silent, signal: controller.signal });
    expect(left).toEqual(["a", "b"]);
  });
});

describe("parseStudyOptions", () => {
  it("reads flags and explains wrong ones", () => {
    const options = parseStudyOptions(["debug", "--only", "kinds", "--only", "model", "--jobs", "3"]);
    expect(options).toMatchObject({ out: "out/study-debug", only: ["kinds", "model"], numJobs: 3, writesPage: false });
    expect(() => parseStudyOptions(["image-tokenizer"])).toThrow(/nearest is "image-tokenizers"/);
    expect(() => parseStudyOptions(["debug", "--jobs", "0"])).toThrow(/--jobs 0/);
    expect(() => parseStudyOptions(["debug", "--job", "1"])).toThrow(/flags:/);
  });
});

describe("the debug study", { timeout: 300_000 }, () => {
  let folder: string;
  let backend: BackendReport;
  beforeAll(async () => {
    backend = await useBackend({ threads: 1, precision: "f32" });
    folder = await mkdtemp(join(tmpdir(), "interfuse-study-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("does every kind of run once, goes on after a stop, and leaves no tensors", async () => {
    const study = debugStudy();
    const log = silent;
    const controller = new AbortController();
    const started: string[] = [];
    const start: StartRun = async (run) => {
      started.push(run.id);
      await runOne(run, { folder, backend, log, signal });
      if (run.id === "kl/1") controller.abort(new InterruptedError("stopped"));
      return 0;
    };
    const options = { study, folder, only: [], numJobs: 1, start, log };
    const before = tf.memory().numTensors;
    await expect(runStudy({ ...options, signal: controller.signal })).rejects.toThrow(InterruptedError);
    expect((await readResults(folder, study)).has("kl/1")).toBe(true);
    const tables = await runStudy({ ...options, signal });
    expect(tf.memory().numTensors).toBe(before);
    expect(started).toHaveLength(runsOf(study).length);
    expect(tables).not.toContain("not run");
    expect(tables).toMatch(/k-means of patches, 16 codes/);
    expect(tables).toBe(formatStudy(study, await readResults(folder, study)));
    const results = await readResults(folder, study);
    expect(results.get("model-time")?.figures).toEqual(results.get("model")?.figures);
    const probes = [...results.values()].flatMap(({ figures }) => (figures.probe === undefined ? [] : [figures.probe]));
    expect(Math.max(...probes)).toBeGreaterThan(0);
    expect(results.get("vq/0")?.figures.probe).toBeGreaterThanOrEqual(0);
    const lines: string[] = [];
    await writeResult(folder, { ...(results.get("vq/0") as RunResult), settings: { steps: 5 } });
    expect(await runStudy({ ...options, log: (line) => void lines.push(line), signal })).toBe(tables);
    expect(started).toHaveLength(runsOf(study).length);
    expect(lines).toEqual([expect.stringMatching(/^warning: vq\/0 was trained with another/), expect.any(String)]);
  });
});
