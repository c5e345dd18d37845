import { readFile } from "node:fs/promises";
import { type DenoisingNetwork, loadDenoisingNetwork } from "@interfuse/image-tokenizer";
import type { Run } from "../study.ts";
import { studyPaths } from "../study-folder.ts";

/** The id of the run that trains a data set's network. */
export function featuresId(data: string): string {
  return `features-${data}`;
}

/** The network that a run's pictures are measured with; the caller disposes it. */
export async function featuresOf({ data }: Run, folder: string): Promise<DenoisingNetwork> {
  return loadDenoisingNetwork(await readFile(studyPaths(folder).features(featuresId(data))));
}
