import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { savePicture } from "@interfuse/data";
import { useBackend } from "@interfuse/tensor";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelParts, openModelParts } from "../model/model-parts.ts";
import { openRows } from "../model/train-model.ts";
import { debugModel } from "../recipes/model-debug.ts";

const recipe = debugModel();
let folder: string;
beforeAll(async () => {
  await useBackend({ backend: "cpu" });
  folder = await mkdtemp(join(tmpdir(), "interfuse-fitting-"));
  const captions = ["a cat", "a dog", "word ".repeat(recipe.batch.tokens), "a cow"];
  for (const [index, caption] of captions.entries()) {
    await savePicture(join(folder, `${index}.png`), { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3) });
    await writeFile(join(folder, `${index}.txt`), caption);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const dispose = ({ model, imageTokenizer, textTokenizer }: ModelParts) => {
  for (const part of [model, imageTokenizer, textTokenizer]) part.dispose();
};

describe("examples longer than a row", () => {
  it("are left out and named before a run begins, so that no run ends when their turn comes", async () => {
    const lines: string[] = [];
    const parts = await openModelParts({ recipe, data: folder, log: (line) => lines.push(line) });
    expect(lines.filter((line) => line.startsWith("warning: examples longer"))).toEqual([
      expect.stringMatching(
        /longer than a row \(batch.tokens=\d+\) left out \(2\): the longest is "(draw|describe) 2.png"/,
      ),
    ]);
    expect(parts.dataset.rows.map(({ id }) => id).filter((id) => id.endsWith(" 2.png"))).toEqual([]);
    expect(parts.dataset.report.examplesByTask).toEqual({ draw: 3, describe: 3 });
    const rows = openRows(parts, recipe);
    for (let taken = 0; taken < 8; taken++) await rows.next();
    dispose(parts);
  });

  it("are all that is left out", async () => {
    const roomy = { ...recipe, batch: { ...recipe.batch, tokens: 8 * recipe.batch.tokens } };
    const parts = await openModelParts({ recipe: roomy, data: folder, log: () => undefined });
    expect(parts.dataset.numExamples).toBe(8);
    dispose(parts);
  });

  it("are an error when there are no others", async () => {
    const narrow = { ...recipe, batch: { ...recipe.batch, tokens: 8 } };
    await expect(openModelParts({ recipe: narrow, data: folder, log: () => undefined })).rejects.toThrow(
      /batch.tokens \(=8\): no example fits a row, the shortest has \d+ tokens; raise it/,
    );
  });
});
