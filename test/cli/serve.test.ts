/** `interfuse serve` and `interfuse api-key` as a person or a supervisor runs them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeModels } from "../support/chat-server.ts";

const CLI = new URL("../../scripts/interfuse.mjs", import.meta.url).pathname;
let models: Awaited<ReturnType<typeof writeModels>>;
let keyFile: string;
let child: ChildProcess | undefined;
beforeAll(async () => {
  models = await writeModels();
  keyFile = join(models.talker, "..", "keys");
});
afterAll(() => {
  child?.kill("SIGKILL");
  models.remove();
});

const run = (...args: string[]) => spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });

/** The first line of its stdout. */
async function firstLine(process: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of process.stdout ?? []) {
    text += chunk;
    if (text.includes("\n")) break;
  }
  return text.split("\n", 1)[0] ?? "";
}

describe("interfuse serve", () => {
  it("makes keys, says where it listens, answers, and ends on SIGTERM with 0", async () => {
    const made = run("api-key", "alice", "--api-key-file", keyFile);
    expect(made.stdout).toMatch(/^ifk_[\w-]{43}\n$/);
    expect(readFileSync(keyFile, "utf8")).toMatch(/^alice [0-9a-f]{64}\n$/);
    expect(run("api-key", "alice", "--api-key-file", keyFile).status).toBe(2);
    const backend = ["--backend", "cpu", "--port", "0"];
    const args = ["serve", "--model", `tiny=${models.talker}`, "--api-key-file", keyFile, "--json", ...backend];
    child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const { url } = JSON.parse(await firstLine(child)) as { url: string };
    const headers = { authorization: `Bearer ${made.stdout.trim()}` };
    const list = await fetch(`${url}/v1/models`, { headers });
    expect(await list.json()).toMatchObject({ data: [{ id: "tiny" }] });
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    expect((await exit)[0]).toBe(0);
  });

  it("says by --help what is not given", () => {
    expect(run("serve", "--help").stdout).not.toContain("[]");
  });

  it.each([
    ["no model", ["serve"], 2, /--model <dir> is needed/],
    ["a missing folder", ["serve", "--model", "x=nowhere"], 1, /--model x=nowhere: no such folder/],
    [
      "a proxy by name",
      ["serve", "--model", ".", "--trusted-proxy", "proxy"],
      1,
      /trustedProxies \("proxy"\) must be an IP address/,
    ],
    [
      "an origin with a path",
      ["serve", "--model", ".", "--cors-origin", "https://chat.example.org/"],
      1,
      /corsOrigins \("https:\/\/chat\.example\.org\/"\) must be origins without a path/,
    ],
    [
      "an address without a scheme",
      ["serve", "--model", ".", "--public-url", "chat.example.org"],
      1,
      /publicUrl \("chat\.example\.org"\) must be an address/,
    ],
    ["a port that is none", ["serve", "--model", ".", "--port", "70000"], 1, /port \(=70000\) must be at most 65535/],
    [
      "a key's name that has blanks",
      ["api-key", "a b", "--api-key-file", "none"],
      2,
      /name \(="a b"\) must be 1 to 64 letters/,
    ],
    [
      "a missing key file",
      ["serve", "--model", ".", "--api-key-file", "none"],
      1,
      /--api-key-file none: cannot be read/,
    ],
    [
      "a folder without a model",
      ["serve", "--model", ".", "--port", "0", "--backend", "cpu"],
      1,
      /cannot be served.*config\.json/,
    ],
  ] as const)("says what is wrong with %s", (_, args, status, message) => {
    const result = run(...args);
    expect(result.stderr).toMatch(message);
    expect({ status: result.status, stdout: result.stdout }).toEqual({ status, stdout: "" });
  });
});
