/** The programs in the README of `image-tokenizer` run as they stand and print what they say. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const readme = readFileSync(new URL("../../packages/image-tokenizer/README.md", import.meta.url), "utf8");
const programs = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code as string);

it("has two programs", () => expect(programs).toHaveLength(2));

it.each(programs)("program %#", (code) => {
  const [, printed] = code.match(/console\.log\(.*\); \/\/ (.*)/) as RegExpMatchArray;
  // Inside this package, so that the imports by name resolve.
  const cache = fileURLToPath(new URL("../node_modules/.cache/", import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "readme-image-tokenizer-"));
  try {
    writeFileSync(join(folder, "example.mjs"), code);
    expect(execFileSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" }).trim()).toBe(printed);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
