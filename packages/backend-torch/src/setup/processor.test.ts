import { describe, expect, it } from "vitest";
import { instructionSet, processorFeatures, processorKey } from "./processor.ts";

describe("processor", () => {
  it.each([
    ["AVX-512 with bf16", ["sse2", "avx", "avx2", "avx512f", "avx512_bf16"]],
    ["AVX-512", ["sse2", "avx", "avx2", "avx512f"]],
    ["AVX2", ["sse2", "avx", "avx2"]],
    ["NEON", ["fp", "asimd"]],
    [process.arch, ["Some Model"]],
  ])("names %s", (name, features) => {
    expect(instructionSet(features)).toBe(name);
  });

  it("keeps builds apart where an instruction is missing, and only there", () => {
    expect(processorKey(["avx2", "avx512f"])).not.toBe(processorKey(["avx2"]));
    expect(processorKey(["avx2"])).toBe(processorKey(["avx2"]));
    expect(processorKey()).toBe(processorKey(processorFeatures()));
  });
});
