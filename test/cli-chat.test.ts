/** `interfuse chat` as a program that talks to it sees it. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeModels } from "./chat-support.ts";

const CLI = new URL("../scripts/interfuse.mjs", import.meta.url).pathname;
let models: Awaited<ReturnType<typeof writeModels>>;
beforeAll(async () => {
  models = await writeModels();
});
afterAll(() => models.remove());

const chat = (out: string, input: string) => {
  const quick = ["--steps", "1", "--max-tokens", "20", "--backend", "cpu"];
  const args = ["--model", models.painter, "--out", out, "--json", "--quiet", ...quick];
  return spawnSync(process.execPath, [CLI, "chat", ...args], { encoding: "utf8", input });
};

it("saves the pictures of its answers; goes on, and says so, when it cannot", () => {
  const saved = chat(join(models.painter, "../saved"), "hello\nmore\n");
  const images = saved.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "image");
  expect(saved).toMatchObject({ status: 0, stderr: "" });
  expect(images.length).toBeGreaterThan(0);
  const file = join(models.painter, "../file");
  writeFileSync(file, "");
  const { status, stdout, stderr } = chat(file, "hello\nmore\n");
  expect(status).toBe(1);
  const problems = stderr.trim().split("\n");
  expect(problems).toHaveLength(images.length);
  for (const problem of problems)
    expect(problem).toMatch(/^writeFile: cannot write ".*": another file or folder is in/);
  // The texts are the same: the pictures that came before are known to the model.
  const texts = (output: string) => output.split("\n").filter((line) => line.includes('"type":"text"'));
  expect(texts(stdout)).toEqual(texts(saved.stdout));
});
