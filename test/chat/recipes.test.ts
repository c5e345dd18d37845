/** The commands and the program of the server's README, run as they are. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, writeModels } from "../support/chat-server.ts";

const run = promisify(execFile);

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
let folder: string;
let readme: string;
beforeAll(async () => {
  models = await writeModels();
  server = await startTestServer({ models: [{ id: "demo", folder: models.painter }] });
  folder = await mkdtemp(join(tmpdir(), "interfuse-recipes-"));
  readme = await readFile(new URL("../../apps/chat/README.md", import.meta.url), "utf8");
});
afterAll(async () => {
  await server.close();
  models.remove();
  await rm(folder, { recursive: true });
});

/** The first block of a language, with this test's server. */
function block(language: string): string {
  const [, code = ""] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(readme) ?? [];
  return code.replaceAll("localhost:8000", new URL(server.url).host);
}

it("curl's commands do what they say", async () => {
  const commands = block("sh")
    .split(/^(?=curl )/m)
    .map((text) => text.replace(/^#.*\n?/gm, ""))
    .filter((text) => text !== "");
  expect(commands).toHaveLength(5);
  const outputs: string[] = [];
  for (const command of commands) outputs.push((await run("bash", ["-c", command], { cwd: folder })).stdout);
  expect(readPngText(await readFile(join(folder, "circle.png")))).toMatchObject({ prompt: "a red circle", seed: "1" });
  const [list, drawn, edited, painted, asked] = outputs;
  expect(JSON.parse(list ?? "")).toMatchObject({ data: [{ id: "demo" }] });
  expect(drawn).toBe("");
  expect(JSON.parse(edited ?? "").data[0].url).toMatch(/^http.*\/v1\/files\/img_/);
  expect(painted?.match(/^event: .*$/gm)).toEqual([
    "event: image_generation.partial_image",
    "event: image_generation.partial_image",
    "event: image_generation.completed",
  ]);
  expect(asked).toMatch(/"finish_reason":"(stop|length)"[\s\S]*data: \[DONE\]\n\n$/);
});

it("the openai client's program prints an image", async () => {
  // Beside the tests, where the package is found by name.
  const program = join(import.meta.dirname, `.${basename(folder)}.mjs`);
  try {
    await writeFile(program, block("js"));
    const { stdout } = await run(process.execPath, [program]);
    expect(stdout).toMatch(/^data:image\/png;base64,iVBOR/);
  } finally {
    await rm(program, { force: true });
  }
});
