import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySink, savePicture } from "@interfuse/data";
import { KlAutoencoder, klAutoencoderRecipes } from "@interfuse/image-tokenizer";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { afterAll, beforeAll, expect, it } from "vitest";
import { UsageError } from "../config/usage-error.ts";
import { writeImageTokenizer } from "../image-tokenizer/image-tokenizer-folder.ts";
import { debugModel } from "../recipes/model-debug.ts";
import { claimFolder } from "../run/claim-folder.ts";
import { trainModel } from "./train-model.ts";

const debug = debugModel();
// A vocabulary that any captions fill, so that another one has the same size.
const recipe = {
  ...debug,
  steps: 2,
  textTokenizer: { vocabSize: 265 },
  schedule: { ...debug.schedule, warmupSteps: 1 },
};
let folder: string;
beforeAll(async () => {
  await useBackend({ precision: "f32" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-same-tokenizers-"));
  await writeData("data", ["a red cat", "a red dog"]);
  for (const seed of [1, 2]) {
    const tokenizer = new KlAutoencoder(klAutoencoderRecipes.debug(), new Generator(seed));
    await writeImageTokenizer(directorySink(join(folder, `tokenizer-${seed}`)), tokenizer);
    tokenizer.dispose();
  }
  await run({ resume: "no" });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeData(name: string, captions: readonly string[]): Promise<void> {
  for (const [index, caption] of captions.entries()) {
    const file = join(folder, name, `${index}`);
    await savePicture(`${file}.png`, { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
    await writeFile(`${file}.txt`, caption);
  }
}

type Changes = {
  resume: "yes" | "no";
  data?: string;
  seed?: number;
  set?: { learningRate: number };
  out?: string;
  log?: (line: string) => void;
};

/** The first step of two, or the second. */
const run = ({ resume, data = "data", seed = 1, set, out = "out", log = () => undefined }: Changes) =>
  trainModel({
    recipe: { ...recipe, model: { ...recipe.model, objective: { ...recipe.model.objective, patchSize: 1 } }, ...set },
    data: join(folder, data),
    imageTokenizer: join(folder, `tokenizer-${seed}`),
    out: join(folder, out),
    resume,
    reporters: async () => [],
    log,
    until: 1,
  });

it("a run is resumed with its own tokenizers only, though others have the same sizes", async () => {
  const before = tf.memory().numTensors;
  await writeData("other", ["six blue owls", "six blue bees"]);
  await expect(run({ resume: "yes", data: "other" })).rejects.toThrow(
    /--resume: the text tokenizer is not the one in ".*checkpoint-000001".*captions.*that the run started with/,
  );
  await cp(join(folder, "tokenizer-1", "config.json"), join(folder, "tokenizer-2", "config.json"));
  await expect(run({ resume: "yes", seed: 2 })).rejects.toThrow(/--resume: the image tokenizer is not the one in/);
  await run({ resume: "yes" });
  expect(tf.memory().numTensors).toBe(before);
});

it("what has changed is wrong usage: the recipe, named before any data are read, and the data", async () => {
  const changed = run({ resume: "yes", data: "nowhere", seed: 3, set: { learningRate: 1 } });
  await expect(changed).rejects.toThrow(UsageError);
  await expect(changed).rejects.toThrow(/config differs from the checkpoint's \(learningRate: 0.002 -> 1\)/);
  await writeData("reordered", ["a red dog", "a red cat"]);
  const reordered = run({ resume: "yes", data: "reordered" });
  await expect(reordered).rejects.toThrow(UsageError);
  await expect(reordered).rejects.toThrow(/the data have changed: other texts/);
});

it("a folder is opened only when its last run has ended", async () => {
  const release = await claimFolder(join(folder, "out"));
  await expect(run({ resume: "yes", data: "nowhere" })).rejects.toThrow(/another run is going on/);
  await release();
});

it("a run that goes on with other arithmetic is told so", async () => {
  await cp(join(folder, "out"), join(folder, "moved"), { recursive: true });
  const lines: string[] = [];
  const resume = () => run({ resume: "yes", out: "moved", log: (line) => lines.push(line) });
  await resume();
  expect(lines).toEqual([]);
  const config = join(folder, "moved", "checkpoint-000001", "training", "config.json");
  await writeFile(config, (await readFile(config, "utf8")).replace('"precision": "f32"', '"precision": "bf16"'));
  await resume();
  expect(lines).toEqual([expect.stringContaining("warning: resuming with other arithmetic (precision: bf16 -> f32)")]);
});
