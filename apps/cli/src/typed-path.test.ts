import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { typedPath } from "./typed-path.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "typed-path-"));
  for (const name of ["a b.png", "it's.png", "'quoted'"]) writeFileSync(join(folder, name), "");
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each([
  ["a b.png", "a b.png"],
  ["a\\ b.png", "a b.png"],
  ["it\\'s.png", "it's.png"],
  ["'quoted'", "'quoted'"],
])("takes %s for %s", (written, name) => {
  expect(typedPath(join(folder, written))).toBe(join(folder, name));
});

it("takes quotes and ~ away, and leaves what is not there as it was written", () => {
  const file = join(folder, "a b.png");
  expect(typedPath(`"${file}"`)).toBe(file);
  expect(typedPath(`'${file}'`)).toBe(file);
  expect(typedPath(`~/${relative(homedir(), file)}`)).toBe(`${homedir()}/${relative(homedir(), file)}`);
  expect(typedPath("none\\ here.png")).toBe("none\\ here.png");
});
