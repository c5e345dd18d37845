/**
 * What this machine's processor can do, as the operating system tells it. The addon is compiled for exactly that
 * (`-march=native`), so a cache that machines share keeps one build for each kind of processor.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** Sets of vector instructions, best first, with the flag by which Linux names them. */
const INSTRUCTION_SETS = [
  ["amx_bf16", "AMX with bf16"],
  ["avx512_bf16", "AVX-512 with bf16"],
  ["avx512f", "AVX-512"],
  ["avx2", "AVX2"],
  ["avx", "AVX"],
  ["sse2", "SSE2"],
  ["sve", "SVE"],
  ["asimd", "NEON"],
] as const;

/** The processor's features by Linux's names, sorted; its model where the system does not list features. */
export function processorFeatures(): readonly string[] {
  try {
    const line = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1];
    if (line !== undefined) return line.split(/\s+/).sort();
  } catch {
    // Not Linux: the model below says the same there.
  }
  return [cpus()[0]?.model ?? ""];
}

/** A short hash that differs between processors on which one build need not run. */
export function processorKey(features: readonly string[] = processorFeatures()): string {
  return createHash("sha256")
    .update([process.platform, process.arch, ...features].join(" "))
    .digest("hex")
    .slice(0, 8);
}

/** The best set of vector instructions, in words; the architecture's name where the system does not list features. */
export function instructionSet(features: readonly string[] = processorFeatures()): string {
  return INSTRUCTION_SETS.find(([flag]) => features.includes(flag))?.[1] ?? process.arch;
}
