/** The command line's manners: what it says about mistakes, on which stream, with which exit code. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { savePicture } from "@interfuse/data";
import { afterAll, describe, expect, it } from "vitest";

const CLI = new URL("../../scripts/interfuse.mjs", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "interfuse-cli-"));
writeFileSync(join(folder, "file"), "");
mkdirSync(join(folder, "trained"));
for (const name of ["config.json", "tokenizer.json"]) writeFileSync(join(folder, "trained", name), "{}");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8", cwd: folder });
  return { status, stdout, stderr };
}

describe("usage errors exit with 2, say nothing on stdout and name the nearest", () => {
  it.each([
    ["an unknown command", ["doctr"], /Did you mean doctor/],
    ["an unknown flag", ["generate", "--modle", "x"], /Did you mean --model/],
    ["a missing flag", ["generate", "--out", "x.png"], /required option '--model <dir>'/],
    ["an unknown recipe", ["train", "model", "--recipe", "sceens"], /did you mean "scenes"/],
    [
      "an unknown key",
      ["train", "model", "--recipe", "debug", "--set", "schedule.warmupStep=1"],
      /the nearest is "schedule.warmupSteps"/,
    ],
    ["a value of the wrong kind", ["train", "model", "--recipe", "debug", "--set", "steps=many"], /must be a number/],
    ["zero steps", ["train", "model", "--recipe", "debug", "--set", "steps=0"], /steps \(=0\)/],
    [
      "a value out of range",
      ["train", "image-tokenizer", "--recipe", "f4", "--set", "batch.pictures=0"],
      /pictures \(=0\)/,
    ],
    [
      "a warm-up longer than the run",
      ["train", "model", "--recipe", "emoji", "--set", "steps=50", "--dry-run"],
      /warmupSteps \(=100\) must be .* from 0 to the number of steps \(=50\); change it with --set/,
    ],
    ["no data", ["train", "model", "--recipe", "debug", "--out", "x"], /--data/],
    [
      "a negative guidance",
      ["generate", "--model", "x", "--out", "x.png", "--prompt", "x", "--guidance", "-1"],
      /at least 0/,
    ],
    ["an unknown backend", ["doctor", "--backend", "tpu"], /Allowed choices/],
    ["tokenize without a tokenizer", ["tokenize", "encode", "--data", "x", "--out", "y"], /--image-tokenizer <dir>/],
    [
      "resuming nothing",
      ["train", "model", "--recipe", "debug", "--data", "x", "--out", "none", "--resume"],
      /no checkpoint in/,
    ],
    [
      "training into a file",
      ["train", "model", "--recipe", "debug", "--data", "x", "--out", "file"],
      /--out file: cannot be read as a folder/,
    ],
    ...["model", "image-tokenizer"].map((what): [string, string[], RegExp] => [
      `training over another model (${what})`,
      ["train", what, "--recipe", "debug", "--data", "x", "--out", "trained"],
      /--out trained: already holds "config.json", which would be replaced/,
    ]),
    [
      "training over another text tokenizer",
      ["train", "text-tokenizer", "--recipe", "default", "--data", "x", "--out", "trained"],
      /--out trained: already holds "tokenizer.json", which would be replaced/,
    ],
  ])("%s", (_, args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });
});

describe("failures exit with 1 and one clean message", () => {
  it.each([
    ["a missing model folder", ["caption", "--model", "nowhere", "a.png"], /no such folder.*interfuse train model/],
    ["a missing data folder", ["data", "inspect", "nowhere"], /no such folder/],
    [
      "decoding what nothing has encoded",
      ["tokenize", "decode", "--data", "nowhere", "--out", "x", "--quiet"],
      /no tokenized data set/,
    ],
    ...[["generate"], ["edit", "a.png"]].map((command): [string, string[], RegExp] => [
      `a picture where none can be written (${command[0]}), before any work`,
      [...command, "--model", "nowhere", "--prompt", "x", "--out", "/dev/null/x.png"],
      /cannot write ".dev.null.x.png": another file or folder is in the way/,
    ]),
  ])("%s", (_, args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  });

  it("an empty data folder", () => {
    mkdirSync(join(folder, "empty"));
    expect(run("data", "inspect", "empty")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringMatching(/is empty/),
    });
  });
});

describe("answers", () => {
  it("--help and --version exit with 0", () => {
    expect(run("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("generate") });
    expect(run("--version")).toMatchObject({ status: 0, stdout: "0.1.0\n" });
  });

  it("ends without a word when nobody reads its output any more", async () => {
    const child = spawn(process.execPath, [CLI, "train", "model", "--recipe", "list"], { stdio: "pipe" });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const [status] = await once(child, "close");
    expect({ status, stderr }).toEqual({ status: 141, stderr: "" });
  });

  it("--recipe list prints the recipes alone", () => {
    expect(run("train", "model", "--recipe", "list")).toEqual({
      status: 0,
      stdout: "debug\nscenes\nemoji\n",
      stderr: "",
    });
  });

  it("image tokenizers have a recipe of every kind, and a small one of each", () => {
    const { stdout } = run("train", "image-tokenizer", "--recipe", "list");
    const kinds = [
      "f4",
      "f8",
      "f8-adversarial",
      "f16",
      "f16-dc",
      "vq",
      "fsq",
      "lfq",
      "simvq",
      "residual",
      "multi-scale",
    ];
    expect(stdout.trim().split("\n")).toEqual(["debug", "debug-vq", ...kinds, ...kinds.map((kind) => `small-${kind}`)]);
  });

  it("doctor --json prints one object", () => {
    const { status, stdout, stderr } = run("doctor", "--json", "--backend", "cpu");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ backend: "cpu", device: "cpu", precision: "f32", threads: 1 });
    expect(report.gemm.f32).toBeGreaterThan(0);
    expect(report.tried).toContainEqual({ name: "cpu", ok: true, reason: expect.any(String) });
  });

  it("--dry-run prints the config and the sizes, and writes nothing", () => {
    const { status, stdout } = run("train", "model", "--recipe", "debug", "--dry-run", "--json", "--backend", "cpu");
    expect(status).toBe(0);
    const { recipe, model, numParameters, memoryBytes, tokensPerStep } = JSON.parse(stdout);
    expect(recipe.recipe).toBe("debug");
    expect(model.backbone.headDim).toBe(16);
    expect(numParameters).toBeGreaterThan(10_000);
    expect(memoryBytes).toBeGreaterThan(16 * numParameters);
    expect(tokensPerStep).toBe(256);
  });

  it("data make and inspect work together", () => {
    expect(run("data", "make", "scenes", "--out", "scenes", "--count", "5", "--quiet").status).toBe(0);
    const { status, stdout } = run("data", "inspect", "scenes", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).train.examplesByTask.draw).toBe(5);
    expect(run("data", "make", "scenes", "--out", "scenes").status).toBe(1);
  });

  it("data inspect says why a picture cannot be read", () => {
    mkdirSync(join(folder, "broken"));
    cpSync(new URL("../../docs/images/demo.png", import.meta.url), join(folder, "broken", "whole.png"));
    writeFileSync(join(folder, "broken", "empty.png"), "");
    const { stdout } = run("data", "inspect", "broken");
    expect(stdout).toMatch(
      /warning {3}unreadable pictures left out \(1\): empty.png\n {2}warning {3}cannot read "broken\/empty.png": /,
    );
  });

  it("data inspect lists the most frequent sizes and counts the others; --json has all", async () => {
    const sides = [9, 9, 9, 8, 8, 1, 2, 3, 4, 5, 5, 6, 7];
    for (const [index, side] of sides.entries()) {
      const picture = { width: side, height: 10, data: new Uint8Array(side * 30) };
      await savePicture(join(folder, "mixed", `${index}.png`), picture);
    }
    const { stdout } = run("data", "inspect", "mixed");
    expect(stdout).toContain(
      "pictures  13 (9x10 3, 5x10 2, 8x10 2, 1x10 1, 2x10 1, and 4 pictures of 4 other sizes)\n",
    );
    const { sizes } = JSON.parse(run("data", "inspect", "mixed", "--json").stdout).train;
    expect(sizes).toMatchObject({ "9x10": 3, "7x10": 1 });
    expect(Object.keys(sizes)).toHaveLength(9);
  });

  it("an image tokenizer is trained, encodes data, and a model trains on those", () => {
    expect(run("data", "make", "scenes", "--out", "few", "--count", "4", "--quiet").status).toBe(0);
    const data = ["--data", "few", "--quiet"];
    const short = ["--set", "steps=5", "--set", "batch.pictureSize=32"];
    expect(run("train", "image-tokenizer", "--recipe", "debug-vq", ...data, "--out", "vq", ...short)).toMatchObject({
      status: 0,
      stderr: "",
    });
    const tokenizer = ["--image-tokenizer", "vq"];
    const encoded = run("tokenize", "encode", ...tokenizer, ...data, "--out", "encoded", "--json");
    expect(JSON.parse(encoded.stdout)).toMatchObject({
      kind: "indices",
      imageTokenizer: { type: "quantized-autoencoder" },
    });
    expect(JSON.parse(run("data", "inspect", "encoded", "--json").stdout).train.kind).toBe("tokenized");
    const inspected = run("tokenize", "inspect", ...tokenizer, ...data, "--out", "look", "--count", "2", "--json");
    expect(JSON.parse(inspected.stdout)).toMatchObject({ numPictures: 2, codes: { numCodes: 32 } });
    expect(run("tokenize", "decode", "--data", "encoded", "--out", "decoded", "--quiet").stdout).toMatch(/pictures\n$/);
    const model = ["train", "model", "--recipe", "debug", "--data", "encoded", "--out", "model", "--quiet"];
    expect(run(...model, "--set", "steps=5", "--set", "model.objective.patchSize=2")).toMatchObject({
      status: 0,
      stderr: "",
    });
    writeFileSync(join(folder, "prompts.txt"), "\ufeffa red circle\r\n\r\n a blue square\r\n");
    const drawn = run(
      "generate",
      "--model",
      "model",
      "--prompts",
      "prompts.txt",
      "--out",
      "drawn",
      "--json",
      "--quiet",
    );
    const rowsOf = ({ stdout }: { stdout: string }) =>
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    expect(rowsOf(drawn).map(({ prompt }) => prompt)).toEqual(["a red circle", "a blue square"]);
    writeFileSync(join(folder, "latin1.txt"), Buffer.from("a red circle\na café\n", "latin1"));
    expect(run("generate", "--model", "model", "--prompts", "latin1.txt", "--out", "never")).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/--prompts latin1\.txt: cannot be read \(latin1\.txt, line 2: not UTF-8 text/),
    });
    const [first, second] = rowsOf(drawn).map(({ file }) => file);
    const captioned = run("caption", "--model", "model", "file", first, "none.png", second, "--json");
    expect(captioned.status).toBe(1);
    expect(rowsOf(captioned).map(({ file }) => file)).toEqual([first, second]);
    expect(captioned.stderr).toMatch(/\ninterfuse: .*"file".*\ninterfuse: .*"none\.png".*\n$/);
    expect(run(...model.with(-2, "other"), ...tokenizer.with(1, "nowhere"))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no image tokenizer in "nowhere"/),
    });
  });
});
