/** native/compute/vector.h on the instruction sets of other processors, which this one has, too. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compilerCommand } from "./compile.ts";
import { NATIVE_FOLDER } from "./paths.ts";
import { processorFeatures } from "./processor.ts";

const folder = mkdtempSync(join(tmpdir(), "interfuse-vector-"));
afterAll(() => rmSync(folder, { recursive: true }));

const features = processorFeatures();
/** By the compiler's names, and whether this processor has them. Apple's compiler has another flag for the machine's own. */
const INSTRUCTION_SETS = [
  ["native", process.platform !== "darwin"],
  ["x86-64-v3", features.includes("avx2") && features.includes("fma")],
  ["x86-64", process.arch === "x64"],
] as const;

/** Whether there is a C++ compiler; under CI=true there is. */
function hasCompiler(): boolean {
  try {
    execFileSync(compilerCommand(), ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`skipped: vector.h on several instruction sets (no C++ compiler "${compilerCommand()}")`);
    return process.env.CI === "true";
  }
}

// Skipped, with a printed reason, only where nothing can be compiled.
describe.skipIf(!hasCompiler())("vector.h", () => {
  for (const [name, isHere] of INSTRUCTION_SETS) {
    // Skipped on processors that have no such instructions to run: the machine's own are always there but on macOS.
    it.skipIf(!isHere)(
      `computes what plain arithmetic does, compiled for ${name}`,
      () => {
        const program = join(folder, name);
        const source = join(NATIVE_FOLDER, "testing", "vector_check.cc");
        const flags = [
          "-std=c++17",
          "-O2",
          `-march=${name}`,
          "-ffp-contract=fast",
          "-fno-math-errno",
          "-w",
          "-Wno-psabi",
        ];
        execFileSync(compilerCommand(), [...flags, source, "-o", program], { stdio: "pipe" });
        expect(execFileSync(program, { encoding: "utf8" })).toBe("");
      },
      60_000,
    );
  }
});
