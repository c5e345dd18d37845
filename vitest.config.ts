import { defineConfig } from "vitest/config";

/** `npm run test:slow` runs the long trainings in test/slow, and only those. */
const isSlow = process.env.INTERFUSE_SLOW === "1";

export default defineConfig({
  test: {
    include: isSlow
      ? ["test/slow/**/*.test.ts"]
      : ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", ...(isSlow ? [] : ["test/slow/**"])],
    testTimeout: isSlow ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
    // As long as a busy machine needs; what is waited for comes at once otherwise.
    expect: { poll: { timeout: 60_000 } },
    pool: "forks",
    // Each with one thread: a worker fewer than processors, the default, leaves half of a two-processor machine idle.
    maxWorkers: "100%",
    passWithNoTests: true,
  },
});
