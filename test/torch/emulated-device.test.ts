/** The forms of kernels for other devices than the processor, on one that the processor plays. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { torchUnavailable } from "../support/torch-backend.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const TESTS = [
  "test/ops/in-place.test.ts",
  "test/ops/torch.test.ts",
  "test/ops/bfloat16.test.ts",
  "test/torch/accelerator.test.ts",
];

// Left out, with a printed reason, only where torch's addon is not built; under CI=true that is a failure instead.
describe.skipIf((await torchUnavailable()) !== undefined)("the emulated device", () => {
  it("passes the tests of operations", { timeout: 240_000 }, () => {
    const { VITEST, VITEST_POOL_ID, VITEST_WORKER_ID, VITEST_MODE, ...env } = process.env;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["scripts/emulated-device.mjs", "vitest", "run", "--no-file-parallelism", ...TESTS],
      { cwd: ROOT, env: { ...env, NO_COLOR: "1" }, encoding: "utf8" },
    );
    expect(stdout + stderr).toMatch(/Test Files +4 passed \(4\)/);
  });
});
