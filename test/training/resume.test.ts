/** Training through the command line, killed and resumed: the weights must be those of a run that nobody disturbed. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { directorySource, writeScenes } from "@interfuse/data";
import { loadPipeline } from "@interfuse/pipeline";
import { latestCheckpoint, listCheckpoints, readTrainingState } from "@interfuse/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const CLI = new URL("../../scripts/interfuse.mjs", import.meta.url).pathname;
const STEPS = 8;

let folder: string;
let data: string;

type Run = { child: ChildProcess; ended: Promise<{ code: number | null; stderr: string }> };

const start = (out: string, ...flags: string[]): Run =>
  startRun(["model", "--recipe", "debug", "--set", "batch.tokens=192"], out, flags);

function startRun(what: readonly string[], out: string, flags: readonly string[]): Run {
  const settings = [`steps=${STEPS}`, "report.checkpointEvery=1", "report.keepCheckpoints=3"];
  const common = ["--data", data, "--out", out, "--threads", "1", "--log-every", "1"];
  const args = [CLI, "train", ...what, ...common, ...settings.flatMap((setting) => ["--set", setting]), ...flags];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  return { child, ended: new Promise((resolve) => child.on("exit", (code) => resolve({ code, stderr }))) };
}

/** Resolves when `isTrue` does, checking every couple of milliseconds. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 2));
}

const hasStep = (out: string, step: number) => async () => ((await latestCheckpoint(out))?.step ?? 0) >= step;
const isWriting = (out: string) => async () =>
  existsSync(out) && (await readdir(out)).some((name) => name.startsWith(".writing-checkpoint"));

/** Every checkpoint that is there loads, as a training state and as a model. */
async function expectAllLoad(out: string): Promise<void> {
  for (const { path, step } of await listCheckpoints(out)) {
    expect((await readTrainingState(path)).step).toBe(step);
    (await loadPipeline(directorySource(path))).dispose();
  }
}

async function finalFiles(out: string): Promise<Record<string, string>> {
  const checkpoint = (await latestCheckpoint(out))?.path as string;
  const names = [
    "model.safetensors",
    "training/parameters.safetensors",
    "training/optimizer.safetensors",
    "training/averages.safetensors",
  ];
  const files = names.map(async (name) => [name, (await readFile(join(checkpoint, name))).toString("base64")] as const);
  return Object.fromEntries(await Promise.all(files));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-resume-"));
  data = join(folder, "scenes");
  await writeScenes(data, { numScenes: 12, numCasesPerTask: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("train model", { timeout: 600_000 }, () => {
  it("resumed after kills equals uninterrupted, bit for bit, and every checkpoint loads", async () => {
    const straight = join(folder, "straight");
    const whole = await start(straight).ended;
    expect(whole.code, whole.stderr).toBe(0);

    const killed = join(folder, "killed");
    const inTraining = start(killed);
    await until(hasStep(killed, 2));
    inTraining.child.kill("SIGKILL");
    await inTraining.ended;
    await expectAllLoad(killed);

    const inWrite = start(killed, "--resume");
    await until(hasStep(killed, 4));
    await until(isWriting(killed));
    inWrite.child.kill("SIGKILL");
    await inWrite.ended;
    await expectAllLoad(killed);

    const { code, stderr } = await start(killed, "--resume").ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/resuming after step \d/);
    expect((await latestCheckpoint(killed))?.step).toBe(STEPS);
    expect(await finalFiles(killed)).toEqual(await finalFiles(straight));
    expect((await readdir(killed)).filter((name) => name.startsWith("."))).toEqual([]);
    const steps = (await readFile(join(killed, "metrics.jsonl"), "utf8")).trim().split("\n");
    expect(steps.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: STEPS }, (_, index) => index + 1));
  });

  it("stopped by SIGINT it saves, says how to resume and exits with 130", async () => {
    const out = join(folder, "stopped");
    const { child, ended } = start(out);
    await until(hasStep(out, 1));
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/saved in .*--resume/);
    await expectAllLoad(out);
  });
});

describe("train image-tokenizer", { timeout: 600_000 }, () => {
  const what = ["image-tokenizer", "--recipe", "debug-vq", "--set", "batch.pictureSize=32"];
  const startTokenizer = (out: string, ...flags: string[]) => startRun(what, out, flags);

  it("killed, then stopped, and resumed equals uninterrupted: every file and metric", async () => {
    const straight = join(folder, "straight-vq");
    const whole = await startTokenizer(straight).ended;
    expect(whole.code, whole.stderr).toBe(0);

    const out = join(folder, "killed-vq");
    const killed = startTokenizer(out);
    await until(hasStep(out, 2));
    killed.child.kill("SIGKILL");
    await killed.ended;
    const stopped = startTokenizer(out, "--resume");
    await until(hasStep(out, 4));
    stopped.child.kill("SIGTERM");
    await stopped.ended;
    const { code, stderr } = await startTokenizer(out, "--resume").ended;
    expect(code, stderr).toBe(0);
    expect(await allFiles(out)).toEqual(await allFiles(straight));
  });
});

/** The bytes of every file of a run, of its metrics without what the clock gave. */
async function allFiles(out: string): Promise<Record<string, string>> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const clock = /"(seconds|dataSeconds|tokensPerSecond|flopsPerSecond)":[^,}]+/g;
  const read = files.map(async (file) => {
    const bytes = await readFile(file);
    const content = file.endsWith("metrics.jsonl") ? bytes.toString().replace(clock, "") : bytes.toString("base64");
    return [relative(out, file), content] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
