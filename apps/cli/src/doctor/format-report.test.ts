import { describe, expect, it } from "vitest";
import { formatRates, formatReport } from "./format-report.ts";

describe("formatReport", () => {
  const report = {
    backend: "torch",
    library: "libtorch 2.13.0",
    device: "cpu",
    precision: "bf16",
    threads: 2,
    reason: "torch is the best there is; bf16 because of what cpu is fast at",
    processor: "A Processor",
    instructionSet: "AVX-512 with bf16",
    gemm: { f32: 185.4, bf16: 852.2 },
    tried: [
      { name: "torch", ok: true, reason: "loaded" },
      { name: "tensorflow", ok: false, reason: "one package is not installed; another one is not installed either" },
    ],
    suggestion: null,
  } as const;

  it("aligns labels, and wraps long reasons below themselves", () => {
    expect(formatReport({ ...report, tried: [...report.tried] }, 60)).toBe(
      `
backend     torch (libtorch 2.13.0), bf16
why         torch is the best there is; bf16 because of what
            cpu is fast at
device      cpu, 2 threads
processor   A Processor, AVX-512 with bf16
products    f32 185 GFLOP/s, bf16 852 GFLOP/s
tried       yes  torch       loaded
            no   tensorflow  one package is not installed;
                             another one is not installed
                             either
`.trimStart(),
    );
  });

  it("ends with the suggestion", () => {
    const text = formatReport({ ...report, tried: [...report.tried], suggestion: "do this" }, 80);
    expect(text.trimEnd().split("\n").at(-1)).toBe("faster      do this");
  });

  it("keeps a digit of slow rates", () => {
    expect(formatRates({ f32: 1.24 })).toBe("f32 1.2 GFLOP/s");
  });
});
