import { readFile } from "node:fs/promises";
import { type DenoisingNetwork, loadDenoisingNetwork } from "@interfuse/image-tokenizer";
import type { DataName, Run } from "../study.ts";
import { studyPaths } from "../study-folder.ts";

/** The id of the run that trains a data set's network; the two sets of scenes share one, so that figures can be compared. */
export function featuresId(data: DataName): string {
  return `features-${data === "many-scenes" ? "scenes" : data}`;
}

/** The network that a run's pictures are measured with; the caller disposes it. */
export async function featuresOf({ data }: Run, folder: string): Promise<DenoisingNetwork> {
  return loadDenoisingNetwork(await readFile(studyPaths(folder).features(featuresId(data))));
}
