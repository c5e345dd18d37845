/** A process of its own for one backend's specs; started by `run-backend.ts`, to which it sends an `Outcome`. */
import { useBackend } from "@interfuse/tensor";
import { instrumentAddon } from "./instrument-addon.ts";
import type { Outcome, SpecRequest } from "./run-backend.ts";
import { runSpecs } from "./run-specs.ts";

/** Four roundings to the 8 bits of a bfloat16's significand. */
const BFLOAT16_TOLERANCE = 4 * 2 ** -8;

async function run({ backend, bundle, filter, storeBfloat16 }: SpecRequest): Promise<Outcome> {
  const isTorch = backend === "torch";
  const instrument = isTorch ? instrumentAddon({ storeBfloat16 }) : undefined;
  const report = await useBackend({ backend, threads: isTorch ? 1 : undefined, precision: "f32" }).catch(
    (error: Error) => error,
  );
  if (report instanceof Error) return { kind: "missing", reason: report.message };
  const { device } = report;
  const nativeCalls = instrument?.watchKernels();
  const start = performance.now();
  const specs = await runSpecs(bundle, backend, { filter, tolerance: storeBfloat16 ? BFLOAT16_TOLERANCE : 0 });
  const seconds = (performance.now() - start) / 1000;
  return { kind: "ran", specs, seconds, device, nativeCalls: nativeCalls?.() };
}

const outcome = await run(JSON.parse(process.argv[2] as string) as SpecRequest);
// Specs leave timers and servers behind.
process.send?.(outcome, () => process.exit(0));
