import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScenes } from "@interfuse/data";
import { afterAll, beforeAll, expect, it } from "vitest";
import { debugModel } from "../recipes/model-debug.ts";
import { dryRunModel } from "./dry-run.ts";
import { openModelParts } from "./model-parts.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-parts-"));
  await writeScenes(folder, { numScenes: 4, numCasesPerTask: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("names the nearest size when patches do not divide the pictures, before any data is read and on a dry run", async () => {
  const recipe = debugModel();
  const odd = { ...recipe, batch: { ...recipe.batch, pictureSize: 33 } };
  const message = /33x33.*multiples of 8.*batch\.pictureSize=32/;
  await expect(openModelParts({ recipe: odd, data: "nowhere", log: () => undefined })).rejects.toThrow(message);
  await expect(dryRunModel({ recipe: odd }, { isBf16: false })).rejects.toThrow(message);
});

it("names the nearest size when the data's own does not fit", async () => {
  const recipe = debugModel();
  const wide = { ...recipe, model: { ...recipe.model, objective: { ...recipe.model.objective, patchSize: 12 } } };
  await expect(openModelParts({ recipe: wide, data: folder, log: () => undefined })).rejects.toThrow(
    /32x32.*multiples of 12.*batch\.pictureSize=36/,
  );
});
