/** A long training must not grow: tensors stay the same in number, resident memory within 2% after the first quarter. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { writeScenes } from "@interfuse/data";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { MODEL_RECIPES, makeOptimizer, modelTask, openModelParts, openRows } from "@interfuse/train";
import { Trainer } from "@interfuse/training";
import { afterAll, beforeAll, expect, it } from "vitest";

const STEPS = 2000;

// V8 lets tens of MiB of garbage pile up, now more, now less; what is to be seen is what stays.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-memory-"));
  await writeScenes(join(folder, "scenes"), { numScenes: 200, numCasesPerTask: 5 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("2,000 steps leave as many tensors and no more memory than the first 500", async () => {
  await useBackend({ backend: "torch", threads: 2 });
  const scenes = MODEL_RECIPES.scenes();
  const backbone = { ...scenes.model.backbone, modelDim: 64, numLayers: 2, numHeads: 2 };
  const recipe = { ...scenes, model: { ...scenes.model, backbone }, batch: { ...scenes.batch, tokens: 512 } };
  const parts = await openModelParts({ recipe, data: join(folder, "scenes"), log: () => undefined });
  const optimizer = makeOptimizer(parts.model.parameters(), recipe.optimizer);
  const trainer = new Trainer({
    task: modelTask(parts.model, recipe.lossWeights),
    batches: openRows(parts, recipe),
    optimizer,
    schedule: () => 1,
    learningRate: 1e-4,
    totalSteps: STEPS,
    averageDecay: 0.99,
    generator: new Generator(0, "memory"),
    config: {},
  });
  const tensors: number[] = [];
  const residents: number[] = [];
  for await (const event of trainer.run()) {
    if (event.type !== "step" || event.step % 50 !== 0) continue;
    collectGarbage();
    tensors.push(tf.memory().numTensors);
    residents.push(process.memoryUsage().rss);
  }
  const quarter = residents.length / 4;
  expect(new Set(tensors.slice(quarter)).size).toBe(1);
  const growth = residents.at(-1)! / residents[quarter]! - 1;
  console.log(
    `resident memory grew by ${(100 * growth).toFixed(2)}% after the first quarter, to ${Math.round((residents.at(-1) ?? 0) / 2 ** 20)} MiB`,
  );
  expect(growth).toBeLessThanOrEqual(0.02);
});
