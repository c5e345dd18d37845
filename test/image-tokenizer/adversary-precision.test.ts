/** An image tokenizer with an adversary trains in f32 even where the backend is set to bf16, which it is again afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScenes } from "@interfuse/data";
import { useBackend, usedBackend } from "@interfuse/tensor";
import { resolveImageTokenizerRecipe, trainImageTokenizer } from "@interfuse/train";
import { describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";

const torch = await torchUnavailable();

// Skipped only where the addon is not built; under CI=true that is a failure instead (`torchUnavailable`).
describe.skipIf(torch !== undefined)("an adversary where the backend is set to bf16", () => {
  it.each([
    { set: ['loss.adversary={"kind":"hinge","startStep":1,"baseChannels":4}'], precision: "f32" },
    { set: [], precision: "bf16" },
  ])("trains in $precision: $set", async ({ set, precision }) => {
    const folder = await mkdtemp(join(tmpdir(), "interfuse-precision-"));
    try {
      await useBackend({ backend: "torch", device: "cpu", precision: "bf16", threads: 1 });
      await writeScenes(join(folder, "scenes"), { numScenes: 6, numCasesPerTask: 1 });
      const seen = new Set<string | undefined>();
      const lines: string[] = [];
      await trainImageTokenizer({
        recipe: resolveImageTokenizerRecipe("debug", ["steps=2", "schedule.warmupSteps=1", ...set]),
        data: join(folder, "scenes"),
        out: join(folder, "run"),
        resume: "no",
        reporters: [{ report: () => void seen.add(usedBackend()?.precision) }],
        log: (line) => lines.push(line),
      });
      expect([...seen]).toEqual([precision]);
      expect(lines.some((line) => line.startsWith("warning: training in f32, not bf16"))).toBe(precision === "f32");
      expect(usedBackend()?.precision).toBe("bf16");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
