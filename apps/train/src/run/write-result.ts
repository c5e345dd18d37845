import { rm } from "node:fs/promises";
import { join } from "node:path";
import { directorySink } from "@interfuse/data";
import type { FileSink } from "@interfuse/tensor";

/**
 * Writes what a run has trained into its folder, through `write`, whose last file is `config.json`. An earlier result's goes first,
 * so that a kill on the way leaves no mixture of two that readers would take for one.
 */
export async function writeResult(out: string, write: (sink: FileSink) => Promise<void>): Promise<void> {
  await rm(join(out, "config.json"), { force: true });
  await write(directorySink(out));
}
