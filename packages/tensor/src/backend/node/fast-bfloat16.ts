/** Whether a processor multiplies bfloat16 faster than float32, from what it says of itself, so the same at every run. */
import { readFileSync } from "node:fs";

const FAST_FLAGS = /\b(avx512_bf16|amx_bf16|bf16)\b/;

/** True on a GPU, and on a processor whose flags in /proc/cpuinfo have bf16 products; false where that is not known. */
export function isBfloat16Fast(device: string): boolean {
  if (device.startsWith("cuda")) return true;
  try {
    return FAST_FLAGS.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false; // not Linux
  }
}
