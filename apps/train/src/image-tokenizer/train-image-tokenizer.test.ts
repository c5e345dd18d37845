import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorySink, writeScenes } from "@interfuse/data";
import { isDiscrete, StableDiffusionVae } from "@interfuse/image-tokenizer";
import { Generator, readSafetensors, tf, useBackend } from "@interfuse/tensor";
import { latestCheckpoint } from "@interfuse/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveImageTokenizerRecipe } from "../config/resolve-recipe.ts";
import { UsageError } from "../config/usage-error.ts";
import { IMAGE_TOKENIZER_RECIPES } from "../recipes/find-recipe.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { readImageTokenizer, writeImageTokenizer } from "./image-tokenizer-folder.ts";
import { readStartingWeights, recipeStartingFrom } from "./starting-weights.ts";
import { newAutoencoder, trainImageTokenizer } from "./train-image-tokenizer.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  await useBackend({ backend: "wasm" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-tokenizer-"));
  data = join(folder, "scenes");
  await writeScenes(data, { numScenes: 12, numCasesPerTask: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run of a few steps; stopped after one of them when asked to. */
async function train(
  recipe: string,
  { out, stopAfter, resume = false }: { out: string; stopAfter?: number; resume?: boolean },
) {
  const controller = new AbortController();
  return trainImageTokenizer({
    recipe: resolveImageTokenizerRecipe(recipe, [
      "steps=6",
      "report.checkpointEvery=2",
      "batch.gradientAccumulation=2",
    ]),
    data,
    out: join(folder, out),
    resume: resume ? "yes" : "no",
    reporters: [{ report: (event) => void (event.type === "step" && event.step === stopAfter && controller.abort()) }],
    log: () => undefined,
    signal: controller.signal,
  });
}

async function weights(out: string): Promise<Record<string, string>> {
  const checkpoint = (await latestCheckpoint(join(folder, out)))?.path as string;
  const names = ["parameters", "optimizer", "averages"].map((name) =>
    join(checkpoint, "training", `${name}.safetensors`),
  );
  const files = [...names, join(folder, out, "model.safetensors"), join(folder, out, "config.json")];
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file, index) => [String(index), (await readFile(file)).toString("base64")] as const),
    ),
  );
}

/** The values of a tokenizer's parameters. */
async function weightsOf(tokenizerFolder: string): Promise<Map<string, number[]>> {
  const { tensors } = readSafetensors(await readFile(join(tokenizerFolder, "model.safetensors")));
  return new Map([...tensors].map(([name, { data: values }]) => [name, Array.from(values as Float32Array)]));
}

describe("trainImageTokenizer", () => {
  it("names a size of pictures that does not fit before it reads any", async () => {
    const wrong = trainImageTokenizer({
      recipe: resolveImageTokenizerRecipe("debug", ["batch.pictureSize=30"]),
      data: join(folder, "nowhere"),
      out: join(folder, "wrong-size"),
      resume: "no",
      reporters: [],
      log: () => undefined,
    });
    await expect(wrong).rejects.toThrow(/batch.pictureSize \(=30\) must be divisible by/);
  });

  it("writes a tokenizer with its figures, beside those of the baselines", async () => {
    const before = tf.memory().numTensors;
    const report = await train("debug", { out: "kl" });
    expect(tf.memory().numTensors).toBe(before);
    expect(report.codes).toBeUndefined();
    expect(report.psnr).toBeGreaterThan(5);
    expect(JSON.parse(await readFile(join(folder, "kl", "reconstruction.json"), "utf8"))).toEqual(report);
    const { meanColour, pooling, patchComponents, patchCodebook } = report.baselines;
    expect(patchComponents).toMatchObject({ numComponents: 4 });
    expect(patchComponents.psnr).toBeGreaterThan(pooling);
    expect(patchCodebook.psnr).toBeGreaterThan(meanColour);
    const tokenizer = await readImageTokenizer(join(folder, "kl"));
    expect(tokenizer.config).not.toMatchObject({ latentMean: [0, 0, 0, 0] });
    tokenizer.dispose();
  });

  it("starts from a trained tokenizer, of ours or published, in the place of the recipe's", async () => {
    const published = join(folder, "published");
    const sizes = {
      levelChannels: [8, 8],
      blocksPerLevel: 1,
      normGroups: 4,
      attention: "none",
      latentChannels: 2,
    } as const;
    const projections = { useEncoderProjection: true, useDecoderProjection: true };
    const vae = new StableDiffusionVae({ type: "stable-diffusion-vae", ...sizes, ...projections }, new Generator(1));
    await writeImageTokenizer(directorySink(published), vae);
    vae.dispose();
    await train("debug-vq", { out: "first" });
    const barely = [
      "steps=1",
      "batch.pictures=2",
      "batch.pictureSize=16",
      "schedule.warmupSteps=0",
      "learningRate=1e-9",
      "averageDecay=null",
      "optimizer.weightDecay=0",
    ];
    const before = tf.memory().numTensors;
    for (const from of [join(folder, "first"), published]) {
      const recipe = await recipeStartingFrom(from, resolveImageTokenizerRecipe("debug", barely));
      const out = `${from}, gone on with`;
      const started = await readStartingWeights(from, recipe);
      const resumed = newAutoencoder(recipe);
      expect(started.config).toEqual(resumed.config);
      started.dispose();
      resumed.dispose();
      const options = { data, out, from, reporters: [], log: () => undefined } as const;
      await trainImageTokenizer({ ...options, recipe, resume: "no" });
      const [old, gone] = await Promise.all([weightsOf(from), weightsOf(out)]);
      expect([...gone.keys()]).toEqual([...old.keys()]);
      // A codebook follows what is assigned to it at any rate.
      for (const [name, values] of [...old].filter(([name]) => !name.startsWith("quantizer."))) {
        const change = values.map((value, index) => Math.abs(value - (gone.get(name)?.[index] as number)));
        expect(Math.max(...change)).toBeLessThan(1e-6);
      }
      const other = resolveImageTokenizerRecipe("debug", barely);
      await expect(
        trainImageTokenizer({ ...options, out: join(folder, "never"), recipe: other, resume: "no" }),
      ).rejects.toThrow(/the recipe's autoencoder is .*kl-autoencoder/);
    }
    expect(tf.memory().numTensors).toBe(before);
    await expect(recipeStartingFrom(data, resolveImageTokenizerRecipe("debug", []))).rejects.toThrow(
      /no image tokenizer in/,
    );
  });

  it("resumes one with a codebook bit for bit: moving averages, revival and all", async () => {
    const before = tf.memory().numTensors;
    const report = await train("debug-vq", { out: "straight" });
    expect(report.codes).toMatchObject({ numCodes: 32 });
    expect(report.codes?.usage).toBeGreaterThan(1 / 32);
    await expect(train("debug-vq", { out: "stopped", stopAfter: 3 })).rejects.toThrow(InterruptedError);
    await train("debug-vq", { out: "stopped", resume: true });
    expect(tf.memory().numTensors).toBe(before);
    expect(await weights("stopped")).toEqual(await weights("straight"));
    const tokenizer = await readImageTokenizer(join(folder, "straight"));
    expect(isDiscrete(tokenizer)).toBe(true);
    tokenizer.dispose();
    expect(await readdir(join(folder, "straight"))).toContain("reconstruction.json");
  });
});

describe("recipes of image tokenizers", () => {
  it.each(Object.keys(IMAGE_TOKENIZER_RECIPES))("%s is complete, and makes its tokenizer", (name) => {
    const recipe = resolveImageTokenizerRecipe(name);
    expect(recipe.recipe).toBe(name);
    const before = tf.memory().numTensors;
    const tokenizer = newAutoencoder(recipe);
    expect(recipe.batch.pictureSize % tokenizer.downsampling).toBe(0);
    expect("klWeight" in recipe.loss).toBe(!isDiscrete(tokenizer));
    tokenizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it("open a quantizer's settings to --set", () => {
    const recipe = resolveImageTokenizerRecipe("vq", [
      "autoencoder.quantizer.numCodes=64",
      "autoencoder.quantizer.revivalThreshold=0",
    ]);
    expect(recipe.autoencoder).toMatchObject({ quantizer: { numCodes: 64, revivalThreshold: 0 } });
    expect(() => resolveImageTokenizerRecipe("fsq", ["loss.klWeight=1"])).toThrow(/unknown key/);
  });

  it.each([
    ["fsq", "autoencoder.quantizer.levels=[8,1]", /levels.1 \(=1\)/],
    ["residual", "autoencoder.quantizer.minStages=9", /minStages \(=9\) must be at most numStages \(=4\)/],
    ["f4", "autoencoder.normGroups=7", /channelMultipliers\[0\] \(=1\) must be divisible by normGroups \(=7\)/],
  ])("find a wrong autoencoder before any work: %s %s", (name, override, message) => {
    const resolve = () => resolveImageTokenizerRecipe(name, [override]);
    expect(resolve).toThrow(UsageError);
    expect(resolve).toThrow(message);
  });
});
