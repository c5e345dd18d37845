/**
 * `npm test [-- VITEST ARGS]`: sets everything up, then runs the tests; `npm run test:slow` runs the long trainings.
 * The last line is `N passed, N failed`, with `, N skipped` when there were any.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ROOT, run } from "./lib/process.mjs";
import { setUp } from "./lib/set-up.mjs";

const args = process.argv.slice(2).filter((arg) => arg !== "--slow");
const isSlow = process.argv.includes("--slow");

setUp({ extras: process.env.CI === "true" ? ["browser", "fonts"] : [] });

const folder = mkdtempSync(path.join(tmpdir(), "interfuse-test-"));
const report = path.join(folder, "report.json");
const { status } = run(
  process.execPath,
  [
    path.join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ],
  // Test files run side by side, so each gets one thread.
  { env: { OMP_NUM_THREADS: "1", INTERFUSE_SLOW: isSlow ? "1" : "" } },
);
try {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, "utf8"));
  const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : "";
  process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed${skipped}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
