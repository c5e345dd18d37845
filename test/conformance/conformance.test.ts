import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

interface Report {
  readonly torch: {
    readonly passed: number;
    readonly failed: readonly { readonly spec: string; readonly reason: string }[];
  };
  readonly stalePages: readonly string[];
  readonly inJavaScript: readonly string[];
}

const program = fileURLToPath(new URL("dist/main.js", import.meta.url));

describe("TensorFlow.js's specs on torch", () => {
  test("all that apply pass, natively, and the pages in docs/ say so", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, "--json"], { maxBuffer: 1 << 26 });
    const { torch, stalePages, inJavaScript } = JSON.parse(stdout) as Report;
    expect(torch.failed).toEqual([]);
    expect(torch.passed).toBeGreaterThan(4000);
    // A kernel that computed in JavaScript would have to read its inputs there.
    expect(inJavaScript).toEqual([]);
    // Else: npm run conformance -- --write
    expect(stalePages).toEqual([]);
  });
});
