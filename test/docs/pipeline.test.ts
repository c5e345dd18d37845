/** The programs in the READMEs of the repository, the tokenizer and the pipeline, run as a user would run them. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { directorySink, loadPicture } from "@interfuse/data";
import { Pipeline, savePipeline } from "@interfuse/pipeline";
import { useBackend } from "@interfuse/tensor";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SIZE, tinyParts } from "../support/pipeline.ts";

let folder: string;
let program: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "interfuse-readme-"));
  program = path.join(import.meta.dirname, `.readme-${path.basename(folder)}.mjs`);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await rm(program);
});

/** Runs the first JavaScript block of a README in `folder`; returns what it prints. `place` is the README's folder in the repository. */
async function runReadme(place: string): Promise<string> {
  const readme = await readFile(path.join(import.meta.dirname, "../..", place, "README.md"), "utf8");
  const [, code] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
  // Beside the tests, where the packages are found by name.
  await writeFile(program, code as string);
  const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd: folder });
  return stdout;
}

it("text-tokenizer's prints what it says", async () => {
  expect(await runReadme("packages/text-tokenizer")).toBe("two small red circles 😀\n2\n");
});

it.each(["packages/pipeline", "."])("%s: the README's program uses a model folder in some 20 lines", async (place) => {
  await useBackend({ threads: 1 });
  const pipeline = new Pipeline(tinyParts({ contextLength: 512 }));
  await savePipeline(directorySink(path.join(folder, "out/demo/model")), pipeline);
  pipeline.dispose();
  await runReadme(place);
  const files = await readdir(folder);
  expect(files).toContain("drawn.png");
  expect(await loadPicture(path.join(folder, "edited.png"))).toMatchObject({ width: SIZE, height: SIZE });
});
