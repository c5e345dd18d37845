/** `interfuse chat` as a program that talks to it sees it. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeModels } from "../support/chat-server.ts";

const CLI = new URL("../../scripts/interfuse.mjs", import.meta.url).pathname;
let models: Awaited<ReturnType<typeof writeModels>>;
beforeAll(async () => {
  models = await writeModels();
});
afterAll(() => models.remove());

const chat = (out: string, input: string) => {
  const quick = ["--steps", "1", "--max-tokens", "20", "--backend", "cpu"];
  const args = ["--model", models.painter, "--out", out, "--json", "--quiet", "--memory", ...quick];
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

it("sends models with short contexts each message by itself, and the earlier ones when told to", () => {
  const answers = (...memory: string[]) => {
    const args = ["chat", "--model", models.talker, "--json", "--quiet", "--backend", "cpu", "--max-tokens", "8"];
    const input = "hello\nhello\n";
    const { stdout } = spawnSync(process.execPath, [CLI, ...args, ...memory], { encoding: "utf8", input });
    const lines = stdout.trim().split("\n");
    return [lines.slice(0, lines.length / 2), lines.slice(lines.length / 2)];
  };
  const [first, second] = answers();
  expect(first?.length).toBeGreaterThan(0);
  expect(second).toEqual(first);
  const [, afterFirst] = answers("--memory");
  expect(afterFirst).not.toEqual(second);
});

it("shows the model its last picture again", () => {
  const input = "draw\n/image\nmake it red\n";
  const args = ["--model", models.painter, "--out", join(models.painter, "../again"), "--steps", "1"];
  const settings = ["--max-tokens", "20", "--backend", "cpu"];
  const { stderr } = spawnSync(process.execPath, [CLI, "chat", ...args, ...settings], { encoding: "utf8", input });
  expect(stderr).toContain("the last picture goes with your next message");
});

/** A conversation at what takes itself for a terminal; types an input once its text has come on stderr. */
async function atTerminal(steps: number, inputs: readonly (readonly [after: string, input: string])[]) {
  const terminal = ["--import", "data:text/javascript,process.stdin.isTTY=true"];
  const args = ["--model", models.painter, "--out", join(models.painter, "../typed"), "--images", "none"];
  const settings = ["--steps", String(steps), "--max-tokens", "20", "--backend", "cpu"];
  const child = spawn(process.execPath, [...terminal, CLI, "chat", ...args, ...settings]);
  let stderr = "";
  let numRead = 0;
  const waiting = [...inputs];
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    const [after = "", input] = waiting[0] ?? [];
    const found = stderr.indexOf(after, numRead);
    if (input === undefined || found < 0) return;
    numRead = found + after.length;
    waiting.shift();
    setTimeout(() => (waiting.length > 0 ? child.stdin.write(input) : child.stdin.end(input)), 500);
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  return { status, stderr, numLeft: waiting.length };
}

it("stops an answer by Ctrl-C and goes on, and ends by Ctrl-C at the prompt", async () => {
  const ended = await atTerminal(50_000, [
    ["> ", "hello\r"],
    ["\r\n", "\x03"],
    ["stopped", "\x03"],
  ]);
  expect(ended).toMatchObject({ status: 130, numLeft: 0 });
});

it("answers the whole of an input that has ended, with prompts in between", () => {
  const args = [
    "--model",
    models.painter,
    "--out",
    join(models.painter, "../piped"),
    "--steps",
    "1",
    "--max-tokens",
    "2",
  ];
  const input = "/image\n/image none.png\n/help\nhello\nmore\n";
  const { status, stderr } = spawnSync(process.execPath, [CLI, "chat", ...args, "--backend", "cpu"], {
    encoding: "utf8",
    input,
  });
  expect(status).toBe(0);
  expect(stderr).toContain("/image: give the picture's file");
  expect(stderr).toContain('"none.png": no such file');
  expect(stderr).not.toContain("unknown command");
  expect(stderr).not.toContain("closed");
});
