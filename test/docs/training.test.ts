/** The example of training's README runs as it stands. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test("the example of packages/training/README.md", async () => {
  const readme = await readFile(new URL("../../packages/training/README.md", import.meta.url), "utf8");
  const code = /```(?:ts|js)\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  // Inside this package, so that the imports by name resolve.
  const cache = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "readme-training-"));
  try {
    await writeFile(join(folder, "example.mjs"), code);
    const { stdout } = await run(process.execPath, ["example.mjs"], { cwd: folder });
    const lines = stdout.trim().split("\n");
    expect(lines[0]).toBe("1 42");
    const [step, loss] = (lines.at(-1) ?? "").split(" ").map(Number);
    expect(step).toBe(200);
    expect(loss).toBeLessThan(0.001);
  } finally {
    await rm(folder, { recursive: true });
  }
});
