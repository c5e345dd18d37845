import { rm } from "node:fs/promises";
import { fullScale } from "./demo-context.ts";
import type { DemoOptions } from "./options.ts";
import { StageRunner } from "./stage.ts";
import { type ScenesContext, scenesStage } from "./stages/scenes-stage.ts";

/**
 * The demo's first stage in a folder where none has been run, or `--fresh` begins anew; elsewhere nothing, as later stages
 * would have to be made anew with it. It needs no backend, so that set-up can go on beside it.
 */
export async function makeScenesAhead(
  { out, seed, isFresh }: DemoOptions,
  { log, scale = fullScale() }: Pick<ScenesContext, "log"> & Partial<Pick<ScenesContext, "scale">>,
): Promise<void> {
  if (isFresh) await rm(out, { recursive: true, force: true });
  const runner = new StageRunner(out, { log });
  if (await runner.hasStarted()) return;
  await runner.run(scenesStage({ out, seed, scale, log }));
}
