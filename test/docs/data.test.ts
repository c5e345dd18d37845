/** The examples of the READMEs of `data` and `evaluation` run as they stand. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

test.each([
  ["data", /draw: 100, describe: 100.*\n(draw|describe) 1 \{.*"numTaken":1/],
  ["evaluation", /^true\n\| task.*\n.*\n\| \*\*ask\*\*/],
])("the example of packages/%s/README.md", async (name, output) => {
  const readme = await readFile(new URL(`../../packages/${name}/README.md`, import.meta.url), "utf8");
  const code = /```(?:ts|js)\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  // Inside this package, so that the imports by name resolve; the program's files go to its own folder.
  const cache = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, `readme-${name}-`));
  try {
    await writeFile(join(folder, "example.mjs"), code);
    const { stdout } = await run(process.execPath, ["example.mjs"], { cwd: folder });
    expect(stdout).toMatch(output);
  } finally {
    await rm(folder, { recursive: true });
  }
});
