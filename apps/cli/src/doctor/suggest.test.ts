import { describe, expect, it } from "vitest";
import type { DoctorReport } from "./report.ts";
import { suggest } from "./suggest.ts";

const tried = (...ok: boolean[]): DoctorReport["tried"] =>
  ["torch", "tensorflow", "wasm", "cpu"].map((name, index) => ({ name, ok: ok[index] === true, reason: "" }));

const onTorch: Omit<DoctorReport, "suggestion"> = {
  backend: "torch",
  library: "libtorch 2.13.0",
  device: "cpu",
  precision: "bf16",
  threads: 2,
  reason: "torch loads, and is the fastest",
  processor: "A Processor",
  instructionSet: "AVX2",
  processors: 2,
  load: 0,
  gemm: { f32: 190, bf16: 850 },
  tried: tried(true, false, true, true),
};
const current = { version: "2.13.0", origin: "Python's torch", accelerator: undefined };

describe("suggest", () => {
  it("has nothing to say on the best", () => {
    expect(suggest(onTorch, current, false)).toBeUndefined();
    expect(suggest(onTorch, undefined, false)).toBeUndefined();
  });

  it.each([
    [
      "a better backend that loads",
      { backend: "wasm" },
      current,
      "torch loads too and is faster: leave out --backend wasm",
    ],
    [
      "set-up, where torch does not load",
      { backend: "wasm", tried: tried(false, false, true) },
      current,
      /libtorch is not set up: run "npm run setup"; .*setup:tensorflow/,
    ],
    [
      "a newer libtorch that is here",
      { library: "libtorch 1.13.0" },
      current,
      'libtorch 2.13.0 (Python\'s torch) would be faster than 1.13.0: run "npm run setup"',
    ],
    ["by numbers, not letters", { library: "libtorch 2.9.1" }, current, /2\.13\.0 .* faster than 2\.9\.1/],
    [
      "a newer libtorch that is not here",
      { library: "libtorch 1.13.0" },
      { version: "1.13.0", origin: "system package in /usr", accelerator: undefined },
      /a libtorch of 2\.x would be faster than 1\.13\.0: "pip install torch"/,
    ],
    ["the faster precision", { precision: "f32" }, current, "--precision bf16 multiplies 4.5 times as fast here"],
  ] as const)("names %s", (_, changes, libtorch, sentence) => {
    expect(suggest({ ...onTorch, ...changes }, libtorch, false)).toEqual(
      typeof sentence === "string" ? sentence : expect.stringMatching(sentence),
    );
  });

  it.each([
    [undefined, /setup --cuda/],
    ["cuda", /leave out --device cpu/],
  ] as const)("names the NVIDIA card that a libtorch with %s leaves unused", (accelerator, sentence) => {
    expect(suggest(onTorch, { ...current, accelerator }, true)).toMatch(sentence);
    expect(suggest({ ...onTorch, device: "cuda:0" }, { ...current, accelerator }, true)).toBeUndefined();
  });
});
