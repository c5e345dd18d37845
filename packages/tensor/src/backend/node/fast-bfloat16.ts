/** Whether bfloat16 multiplies faster than float32, from what card or processor say of themselves, so the same at every run. */
import { readFileSync } from "node:fs";

const FAST_FLAGS = /\b(avx512_bf16|amx_bf16|bf16)\b/;

/** NVIDIA's cards have had it since Ampere. */
const FAST_CAPABILITY = 8;

/** Of the card, else of a processor whose flags in /proc/cpuinfo have bf16 products; false where that is not known. */
export function isBfloat16Fast(card: { capability: number } | undefined): boolean {
  if (card !== undefined) return card.capability >= FAST_CAPABILITY;
  try {
    return FAST_FLAGS.test(readFileSync("/proc/cpuinfo", "utf8"));
  } catch {
    return false; // not Linux
  }
}
