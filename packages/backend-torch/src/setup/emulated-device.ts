/**
 * The device that tests use on machines without a card (`native/testing/emulated_device.cc`): a program that loads it before
 * the backend has it as its accelerator.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compilerFlags, compileSingle } from "./compile.ts";
import { findLibtorch } from "./find-libtorch.ts";
import { cacheFolder, NATIVE_FOLDER } from "./paths.ts";
import { processorKey } from "./processor.ts";
import { buildKey, fileDigest } from "./record.ts";

/** The version of libtorch whose interfaces the emulated device implements. */
const VERSION = "2.13.0";

/**
 * Path of the compiled device; compiled on first use.
 *
 * @throws Error when libtorch is another version, or the compiler's first error
 */
export async function emulatedDevice(): Promise<string> {
  const libtorch = findLibtorch();
  if (libtorch?.version !== VERSION) {
    throw new Error(`the emulated device is made for libtorch ${VERSION}, here is ${libtorch?.version ?? "none"}`);
  }
  const source = join(NATIVE_FOLDER, "testing", "emulated_device.cc");
  const key = buildKey([fileDigest(source), libtorch.libraryFolder, processorKey(), ...compilerFlags(libtorch)]);
  const output = join(cacheFolder(), "emulated", key, "device.node");
  if (!existsSync(output)) await compileSingle(libtorch, source, output);
  return output;
}
