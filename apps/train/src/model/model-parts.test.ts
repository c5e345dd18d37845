import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScenes } from "@interfuse/data";
import { afterAll, beforeAll, expect, it } from "vitest";
import { debugModel } from "../recipes/model-debug.ts";
import { openModelParts } from "./model-parts.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-parts-"));
  await writeScenes(folder, { numScenes: 4, numCasesPerTask: 1 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("names the nearest size when patches do not divide the pictures", async () => {
  const recipe = debugModel();
  const odd = { ...recipe, batch: { ...recipe.batch, pictureSize: 33 } };
  await expect(openModelParts({ recipe: odd, data: folder, log: () => undefined })).rejects.toThrow(
    /33x33.*multiples of 8.*batch\.pictureSize=32/,
  );
});
