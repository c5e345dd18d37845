/** The programs in the packages' READMEs that say they are TypeScript are: a user's compiler takes them as they stand. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const OPTIONS = [
  "--ignoreConfig",
  "--noEmit",
  "--strict",
  "--skipLibCheck",
  "--target",
  "es2023",
  "--lib",
  "es2023,dom",
  "--types",
  "node",
];

test("TypeScript in READMEs compiles", async () => {
  // Inside this package, so that the imports by name resolve.
  const folder = join(ROOT, "test/node_modules/.cache/readme-types");
  mkdirSync(folder, { recursive: true });
  const files = readdirSync(join(ROOT, "packages")).flatMap((name) => {
    const readme = readFileSync(join(ROOT, "packages", name, "README.md"), "utf8");
    return [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""], index) => {
      const file = join(folder, `${name}-${index}.mts`);
      writeFileSync(file, code);
      return file;
    });
  });
  expect(files.length).toBeGreaterThan(5);
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const args = [compiler, ...OPTIONS, "--module", "nodenext", "--moduleResolution", "nodenext", ...files];
  const printed = await run(process.execPath, args, { cwd: folder }).then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );
  expect(printed).toBe("");
}, 120_000);
