/** The data sets of a study, and the pictures that everything is measured on. */
import { access } from "node:fs/promises";
import { openDataset, type Picture, writeEmoji, writeScenes } from "@interfuse/data";
import type { ProbeCases } from "./measure-latents.ts";
import type { DataName } from "./study.ts";
import { studyPaths } from "./study-folder.ts";

/** Held-out pictures that figures are taken of, and pictures that baselines are fitted to. */
const NUM_HELD_OUT = 256;
const NUM_TRAINING = 2048;

const makers: Readonly<Record<DataName, (folder: string) => Promise<unknown>>> = {
  scenes: (folder) => writeScenes(folder, { numScenes: 4000, numCasesPerTask: 200 }),
  // The demo's. Its held-out pictures are those of `scenes`, too.
  "many-scenes": (folder) => writeScenes(folder, { numScenes: 20_000, numCasesPerTask: 200 }),
  "few-scenes": (folder) => writeScenes(folder, { numScenes: 12, numCasesPerTask: 4 }),
  emoji: (folder) => writeEmoji(folder, { size: 64 }),
};

/** How many single-object scenes a linear probe gets; none where pictures have no such classes. */
export const probeCases: Readonly<Record<DataName, ProbeCases | undefined>> = {
  scenes: { train: 1200, test: 400 },
  "many-scenes": { train: 1200, test: 400 },
  "few-scenes": { train: 96, test: 24 },
  emoji: undefined,
};

/** Makes a data set unless the study has it. */
export async function makeData(folder: string, name: DataName): Promise<void> {
  const path = studyPaths(folder).data(name);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) await makers[name](path);
}

/** The first held-out pictures. */
export function heldOutPictures(folder: string, name: DataName): Promise<Picture[]> {
  return firstPictures(folder, name, { split: "test", count: NUM_HELD_OUT });
}

/** The first pictures that are trained on. */
export function trainingPictures(folder: string, name: DataName): Promise<Picture[]> {
  return firstPictures(folder, name, { split: "train", count: NUM_TRAINING });
}

async function firstPictures(
  folder: string,
  name: DataName,
  { split, count }: { split: "train" | "test"; count: number },
): Promise<Picture[]> {
  const dataset = await openDataset(studyPaths(folder).data(name), { split });
  const files = dataset.pictureFiles().slice(0, count);
  return Promise.all(files.map((file) => dataset.readPicture(file)));
}
