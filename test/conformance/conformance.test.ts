import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { KERNELS_NOT_NATIVE } from "./src/exceptions.ts";

interface Report {
  readonly torch: {
    readonly passed: number;
    readonly failed: readonly { readonly spec: string; readonly reason: string }[];
  };
  readonly stalePages: readonly string[];
  readonly notNative: readonly string[];
}

const program = fileURLToPath(new URL("dist/main.js", import.meta.url));

async function run(...options: string[]): Promise<Report> {
  const args = [program, "--json", ...options];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
    (failure) => failure,
  );
  return JSON.parse(stdout) as Report;
}

describe("TensorFlow.js's specs on torch", () => {
  test("all that apply pass, natively but for named kernels, and the pages in docs/ say so", async () => {
    const { torch, stalePages, notNative } = await run();
    expect(torch.failed).toEqual([]);
    expect(torch.passed).toBeGreaterThan(4200);
    expect(notNative).toEqual(Object.keys(KERNELS_NOT_NATIVE));
    // Else: npm run conformance -- --write
    expect(stalePages).toEqual([]);
  });

  test("all but a few named ones pass when inputs are stored as bfloat16", async () => {
    const { torch, stalePages } = await run("--bf16");
    expect(torch.failed).toEqual([]);
    expect(torch.passed).toBeGreaterThan(4200);
    expect(stalePages).toEqual([]);
  });
});
