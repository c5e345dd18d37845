/** A process of its own for one backend's specs; started by `run-backend.ts`, to which it sends an `Outcome`. */
import { tf, useBackend } from "@interfuse/tensor";
import { instrumentAddon } from "./instrument-addon.ts";
import type { Outcome, SpecRequest } from "./run-backend.ts";
import { runSpecs } from "./run-specs.ts";

async function run({ backend, bundle, filter, storeBfloat16 }: SpecRequest): Promise<Outcome> {
  const isTorch = backend === "torch";
  const instrument = isTorch ? instrumentAddon({ storeBfloat16 }) : undefined;
  try {
    await useBackend({ backend, threads: isTorch ? 1 : undefined, precision: "f32" });
  } catch (error) {
    return { kind: "missing", reason: (error as Error).message };
  }
  const nativeCalls = instrument?.watchKernels();
  // With 16 the specs' own tolerance is 0.1 instead of 0.001.
  if (storeBfloat16) tf.backend().floatPrecision = () => 16;
  const start = performance.now();
  const specs = await runSpecs(bundle, backend, filter);
  return { kind: "ran", specs, seconds: (performance.now() - start) / 1000, nativeCalls: nativeCalls?.() };
}

const outcome = await run(JSON.parse(process.argv[2] as string) as SpecRequest);
// Specs leave timers and servers behind.
process.send?.(outcome, () => process.exit(0));
