import { describe, expect, it } from "vitest";
import { formatRates, formatReport } from "./format-report.ts";

describe("formatReport", () => {
  const report = {
    backend: "torch",
    library: "libtorch 2.13.0",
    device: "cpu",
    precision: "bf16",
    threads: 2,
    reason: "torch loads, and is the fastest; bf16, which this processor multiplies faster",
    processor: "A Processor",
    instructionSet: "AVX-512 with bf16",
    processors: 2,
    load: 0.9,
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
why         torch loads, and is the fastest; bf16, which
            this processor multiplies faster
device      cpu, 2 threads
processor   A Processor, AVX-512 with bf16, 2 cores
speed       matrix products f32 185 GFLOP/s, bf16 852
            GFLOP/s
tried       yes  torch       loaded
            no   tensorflow  one package is not installed;
                             another one is not installed
                             either
`.trimStart(),
    );
  });

  it("says when other programs were in the way, where they can be", () => {
    const busy = { ...report, tried: [...report.tried], load: 5.25 };
    expect(formatReport(busy, 80)).toContain(
      "\nbusy        other programs kept 2.0 of 2 cores busy: alone it is faster\n",
    );
    expect(formatReport({ ...busy, device: "cuda:0" }, 80)).not.toContain("busy");
  });

  it("ends with the suggestion", () => {
    const text = formatReport({ ...report, tried: [...report.tried], suggestion: "do this" }, 80);
    expect(text.trimEnd().split("\n").at(-1)).toBe("faster      do this");
  });

  it("keeps a digit of slow rates", () => {
    expect(formatRates({ f32: 1.24 })).toBe("f32 1.2 GFLOP/s");
  });
});
