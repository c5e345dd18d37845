import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findLibtorch } from "@interfuse/backend-torch";
import { describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";

/** The fused operations, in place and not, at random shapes and both precisions; what only an accelerator does; all kernels. */
const FILES = [
  ...["torch.test.ts", "random.test.ts", "bfloat16.test.ts", "in-place"].map((name) => `test/ops/${name}`),
  "test/torch/accelerator",
  "packages/backend-torch/src",
];

const script = fileURLToPath(new URL("../../scripts/emulated-device.mjs", import.meta.url));
const missing = await torchUnavailable();
const otherVersion =
  findLibtorch()?.version === "2.13.0" ? undefined : "the emulated device is made for libtorch 2.13.0";
const reason = missing ?? otherVersion;
if (reason !== undefined) console.warn(`skipped: the tests on the emulated device (${reason})`);

describe.skipIf(reason !== undefined)("kernels for other devices than the processor", () => {
  it("pass the tests of the fused operations on the emulated device", async () => {
    const args = [script, "vitest", "run", "--reporter=json", ...FILES];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
      (failure: { stdout: string; stderr: string }) => failure,
    );
    const report = JSON.parse(stdout.slice(stdout.indexOf("{"))) as Report;
    const failures = report.testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
    );
    expect(failures).toEqual([]);
    expect(report.success).toBe(true);
    expect(report.numPassedTests).toBeGreaterThan(50);
  }, 600_000);

  it("pass TensorFlow.js's specs on the emulated device", async () => {
    const args = [script, "conformance", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
      (failure: { stdout: string; stderr: string }) => failure,
    );
    const { torch } = JSON.parse(stdout) as { torch: { failed: object[]; passed: number } };
    expect(torch.failed).toEqual([]);
    expect(torch.passed).toBeGreaterThan(4200);
  }, 600_000);
});

interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly testResults: readonly { readonly assertionResults: readonly { status: string; fullName: string }[] }[];
}
