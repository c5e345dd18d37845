import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScenes } from "@interfuse/data";
import { Generator, tf, useBackend } from "@interfuse/tensor";
import { MODEL_RECIPES, modelTask, openModelParts, openRows } from "@interfuse/train";
import { Trainer } from "@interfuse/training";
import { makeOptimizer } from "../../apps/train/dist/run/make-optimizer.js";

const STEPS = +(process.env.STEPS ?? 2000);
const folder = await mkdtemp(join(tmpdir(), "interfuse-memory-"));
await writeScenes(join(folder, "scenes"), { numScenes: 20000, numCasesPerTask: 5 });
await useBackend({ backend: "torch", threads: 2 });
const scenes = MODEL_RECIPES.scenes();

const recipe = scenes;
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
const res = [];
for await (const event of trainer.run()) {
  if (event.type !== "step" || event.step % 50 !== 0) continue;
  if (process.env.GC) globalThis.gc();
  const m = process.memoryUsage();
  res.push(m.rss);
  if (event.step % 250 === 0)
    console.log(
      event.step,
      tf.memory().numTensors,
      ...Object.entries(m).map(([k, v]) => `${k} ${(v / 2 ** 20).toFixed(1)}`),
    );
}
const q = res.length / 4;
console.log("growth", 100 * (Math.max(...res.slice(-q)) / Math.max(...res.slice(q, 2 * q)) - 1));
