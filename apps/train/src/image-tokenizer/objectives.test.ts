/** Runs of a few steps with every objective: they train, leak nothing, and resume bit for bit. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScenes } from "@interfuse/data";
import { tf, useBackend } from "@interfuse/tensor";
import { latestCheckpoint, type StepEvent } from "@interfuse/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveImageTokenizerRecipe } from "../config/resolve-recipe.ts";
import { InterruptedError } from "../run/interrupted-error.ts";
import { trainImageTokenizer } from "./train-image-tokenizer.ts";

let folder: string;
let data: string;
beforeAll(async () => {
  await useBackend({ backend: "wasm" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-objectives-"));
  data = join(folder, "scenes");
  await writeScenes(data, { numScenes: 4, numCasesPerTask: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SHORT = [
  "steps=4",
  "schedule.warmupSteps=1",
  "report.checkpointEvery=100",
  "batch.gradientAccumulation=2",
  "batch.pictures=2",
  "loss.denoisingNetwork.channels=[4,4]",
  "loss.denoisingNetwork.steps=2",
];

type Run = { recipe: string; set: readonly string[]; out: string; stopAfter?: number; resume?: boolean };

async function train({ recipe, set, out, stopAfter, resume = false }: Run): Promise<StepEvent[]> {
  const controller = new AbortController();
  const steps: StepEvent[] = [];
  const report = (event: { type: string }) => {
    if (event.type !== "step") return;
    steps.push(event as StepEvent);
    if ((event as StepEvent).step === stopAfter) controller.abort();
  };
  await trainImageTokenizer({
    recipe: resolveImageTokenizerRecipe(recipe, [...SHORT, ...set]),
    data,
    out: join(folder, out),
    resume: resume ? "yes" : "no",
    reporters: [{ report }],
    log: () => undefined,
    signal: controller.signal,
  });
  return steps;
}

/** Everything that a run has left, by file. */
async function filesOf(out: string): Promise<Record<string, string>> {
  const checkpoint = (await latestCheckpoint(join(folder, out)))?.path as string;
  const files: Record<string, string> = {};
  for (const directory of [join(checkpoint, "training"), join(folder, out)]) {
    for (const name of (await readdir(directory)).filter((file) => file.endsWith(".safetensors"))) {
      files[name] = (await readFile(join(directory, name))).toString("base64");
    }
  }
  return files;
}

const HINGE = 'loss.adversary={"kind":"hinge","startStep":2,"baseChannels":4}';
const R3GAN = 'loss.adversary={"kind":"r3gan","startStep":2,"baseChannels":4,"groupChannels":4}';

/** What a checkpoint and the run hold beside the autoencoder's own files. */
const FILES = ["adversary_optimizer.safetensors", "adversary_parameters.safetensors", "denoising_network.safetensors"];

describe("objectives of image tokenizers", () => {
  it.each([
    {
      name: "perceptual, hinge, EQ-VAE and alignment of a KL autoencoder",
      recipe: "debug",
      set: ["loss.perceptual={}", HINGE, "loss.eqVae={}", "loss.visionAlignment={}"],
      terms: ["reconstruction", "perceptual", "kl", "visionAlignment", "adversarial"],
    },
    {
      name: "R3GAN, scale equivariance and alignment of one with a quantizer",
      recipe: "debug-vq",
      set: [R3GAN, "loss.adversary.gamma=0.1", "loss.scaleEquivariance={}", "loss.visionAlignment={}"],
      terms: ["reconstruction", "commitment", "scaleEquivariance", "visionAlignment", "adversarial"],
    },
    {
      name: "hinge and equivariance of a KL autoencoder",
      recipe: "debug",
      set: [HINGE, "loss.perceptual={}", "loss.equivariance={}"],
      terms: ["reconstruction", "perceptual", "kl", "equivariance", "adversarial"],
    },
  ])("train and resume bit for bit: $name", async ({ name, recipe, set, terms }) => {
    const before = tf.memory().numTensors;
    const steps = await train({ recipe, set, out: `${name} straight` });
    expect(tf.memory().numTensors).toBe(before);
    expect(Object.keys(steps[0]?.losses ?? {}).sort()).toEqual([...terms].sort());
    expect(steps.map(({ adversary }) => adversary !== undefined)).toEqual([false, true, true, true]);
    expect(steps[0]?.losses.adversarial).toBe(0);
    expect(steps.some(({ losses }) => losses.adversarial !== 0)).toBe(true);
    await expect(train({ recipe, set, out: `${name} stopped`, stopAfter: 2 })).rejects.toThrow(InterruptedError);
    await train({ recipe, set, out: `${name} stopped`, resume: true });
    expect(tf.memory().numTensors).toBe(before);
    const left = await filesOf(`${name} straight`);
    expect(Object.keys(left)).toEqual(expect.arrayContaining([...FILES]));
    expect(await filesOf(`${name} stopped`)).toEqual(left);
  });

  it("take a network that an earlier run has saved", async () => {
    const set = ["loss.perceptual={}"];
    await train({ recipe: "debug", set, out: "first" });
    const file = join(folder, "first", "denoising_network.safetensors");
    const steps = await train({ recipe: "debug", set: [`loss.perceptual={"network":"${file}"}`], out: "second" });
    expect(steps[0]?.losses.perceptual).toBeGreaterThan(0);
    await expect(
      train({ recipe: "debug", set: [`loss.perceptual={"network":"${data}/nothing"}`], out: "third" }),
    ).rejects.toThrow(/nothing" cannot be read/);
    const wrong = join(folder, "first", "model.safetensors");
    await expect(
      train({ recipe: "debug", set: [`loss.perceptual={"network":"${wrong}"}`], out: "third" }),
    ).rejects.toThrow(/loss.perceptual.network: ".*model.safetensors" is no feature network \(LpipsVgg16/);
  });

  it.each([
    [
      "debug",
      ["loss.scaleEquivariance={}", "batch.pictureSize=24"],
      /factors must divide the latents' side, 6 \(pictureSize 24 \/ 4\); 4 does not/,
    ],
    ["debug", ["loss.eqVae={}", "batch.pictureSize=12"], /loss.eqVae: the latents' side, 3 .* must be at least 4/],
    ["debug", [R3GAN, "batch.pictureSize=24"], /batch.pictureSize \(=24\) must be 4, 8, 16, 32, ... for "r3gan"/],
    [
      "debug",
      [HINGE, "loss.adversary.numLayers=3"],
      /loss.adversary: its discriminator cannot read the pictures .*16x16/,
    ],
    ["debug", ["batch.pictureSize=18"], /batch.pictureSize \(=18\) must be divisible by .* \(=4\)/],
    [
      "multi-scale",
      ["batch.pictureSize=64"],
      /batch.pictureSize \(=64\) must be 32: the multi-scale quantizer reads latents of 8x8/,
    ],
    ["debug", ["loss.equivariance={}", "batch.pictureSize=12"], /loss.equivariance: the latents' side, 3/],
    ["multi-scale", ["loss.eqVae={}"], /loss.eqVae: shrinks latents, but a multi-scale quantizer reads 8x8 only/],
    [
      "debug",
      ['loss.visionAlignment={"teacher":{"kind":"denoising","layer":7}}'],
      /layer \(=7\) must be one of the 2 maps/,
    ],
  ])("say what does not fit: %s %j", async (recipe, set, message) => {
    const before = tf.memory().numTensors;
    await expect(train({ recipe, set, out: "never" })).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("settings of objectives", () => {
  it("have defaults where they are on, which later ones change", () => {
    const { loss } = resolveImageTokenizerRecipe("debug", [
      'loss.adversary={"kind":"hinge","weight":0.8}',
      "loss.adversary.startStep=7",
      "loss.eqVae={}",
    ]);
    expect(loss.adversary).toMatchObject({ kind: "hinge", weight: 0.8, startStep: 7, useAdaptiveWeight: true });
    expect(loss.eqVae).toEqual({ equivarianceProbability: 0.5, lowResolutionProbability: 0.25 });
    expect(loss.perceptual).toBeNull();
    expect(resolveImageTokenizerRecipe("debug", ["loss.eqVae={}", "loss.eqVae=null"]).loss.eqVae).toBeNull();
  });

  it.each([
    ["loss.adversary=hinge", /loss.adversary \(="hinge"\)/],
    ['loss.adversary={"kind":"wgan"}', /loss.adversary.kind \(="wgan"\)/],
    ['loss.adversary={"kind":"hinge","gamma":1}', /Unrecognized key: "gamma"/],
    ['loss.perceptual={"weight":0}', /loss.perceptual.weight \(=0\)/],
    ['loss.scaleEquivariance={"factors":[3]}', /loss.scaleEquivariance.factors/],
  ])("are checked: %s", (override, message) => {
    expect(() => resolveImageTokenizerRecipe("debug", [override])).toThrow(message);
  });

  it("exclude each other where two shape the same", () => {
    expect(() => resolveImageTokenizerRecipe("debug", ["loss.scaleEquivariance={}", "loss.eqVae={}"])).toThrow(
      /loss.eqVae .*must be null beside scaleEquivariance/,
    );
  });
});
