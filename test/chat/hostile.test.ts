/**
 * Malformed and hostile requests: every answer is one of the documented errors, or right; none is a 5xx, nothing crashes and
 * nothing is left behind. `npm run fuzz` sends 10,000.
 */
import { connect } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import type { RunningServer } from "@interfuse/chat";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, writeModels } from "../support/chat-server.ts";
import { type FuzzCase, fuzzCases, validBody } from "./fuzz-cases.ts";

const NUM_CASES = Number(process.env.INTERFUSE_FUZZ ?? 420);
const DOCUMENTED = [400, 401, 403, 404, 409, 413, 429];

/** Answers of the last minute are kept for retries; requests that leave something behind add up to more. */
const MAX_GROWTH_BYTES = 16 * 2 ** 20;

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
const lines: string[] = [];
beforeAll(async () => {
  models = await writeModels();
  server = await startTestServer({
    models: [{ folder: models.talker }],
    limits: { maxBodyBytes: 2 ** 20 },
    log: (line) => lines.push(line),
  });
});
afterAll(async () => {
  await server.close();
  models.remove();
});

const stats = () => server.engine.stats().get("talker");

/** What this process holds after everything unreachable has gone; the server runs in it, too. */
function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function expectAlive(): Promise<void> {
  await expect.poll(() => server.engine.numOpenJobs).toBe(0);
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(validBody("/v1/chat/completions")),
  });
  expect(response.status).toBe(200);
  expect([stats()?.numWorkerDeaths, stats()?.numFailed, lines]).toEqual([0, 0, []]);
}

/** What is wrong with the answer to a case, or undefined. */
async function problemOf({ name, path, init, mustFail }: FuzzCase): Promise<string | undefined> {
  const response = await fetch(server.url + path, init);
  const text = await response.text();
  const where = `${init.method} ${path.slice(0, 60)} ${name}: ${response.status} ${text.slice(0, 200)}`;
  if (response.status === 200) return mustFail && !isErrorStream(text) ? where : undefined;
  if (!DOCUMENTED.includes(response.status)) return where;
  const { error } = JSON.parse(text) as { error: Record<string, unknown> };
  const isNamed = typeof error.message === "string" && typeof error.type === "string" && typeof error.code === "string";
  return isNamed && "param" in error ? undefined : where;
}

/** Streams that began before the model refused end with an error. */
function isErrorStream(text: string): boolean {
  return /"error":\{|"type":"error"/.test(text);
}

describe("hostile requests", () => {
  it(`get documented errors (${NUM_CASES} of them)`, { timeout: 3_600_000 }, async () => {
    const cases = [...fuzzCases(NUM_CASES)];
    const problems: string[] = [];
    let bytesAtQuarter = 0;
    for (let start = 0; start < cases.length; start += 16) {
      const found = await Promise.all(cases.slice(start, start + 16).map(problemOf));
      problems.push(...found.filter((problem) => problem !== undefined));
      if (bytesAtQuarter === 0 && start >= cases.length / 4) bytesAtQuarter = bytesInUse();
    }
    expect(problems).toEqual([]);
    await expectAlive();
    expect(bytesInUse() - bytesAtQuarter).toBeLessThan(MAX_GROWTH_BYTES);
  });

  it("leave nothing behind when their clients go at any moment", async () => {
    const bodies = [
      ["/v1/chat/completions", { ...validBody("/v1/chat/completions"), stream: true, max_tokens: 200 }],
      ["/v1/images/generations", { ...validBody("/v1/images/generations"), steps: 100, stream: true }],
      ["/v1/images/generations", { ...validBody("/v1/images/generations"), steps: 100 }],
      ["/api/chat", { ...validBody("/api/chat"), max_tokens: 200 }],
    ] as const;
    const abandon = async (index: number) => {
      const [path, body] = bodies[index % bodies.length] as (typeof bodies)[number];
      const response = fetch(server.url + path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(1 + ((index * 7) % 40)),
      });
      await response.then((answer) => answer.text()).catch(() => undefined);
    };
    for (let start = 0; start < 64; start += 16) {
      await Promise.all(Array.from({ length: 16 }, (_, index) => abandon(start + index)));
    }
    await expectAlive();
  });

  it("are refused when they are too large, before they have been read", async () => {
    const prompt = "a".repeat(2 ** 21);
    const headers = { "content-type": "application/json", connection: "close" };
    const whole = { method: "POST", headers, body: JSON.stringify({ prompt }) };
    const streamed = { method: "POST", headers, body: new Blob([prompt]).stream(), duplex: "half" } as RequestInit;
    for (const init of [whole, streamed]) {
      const response = await fetch(`${server.url}/v1/images/generations`, init).catch(() => undefined);
      // The connection may be cut while the client still sends.
      if (response !== undefined) expect(response.status).toBe(413);
    }
    await expectAlive();
  });

  it("are told so when they are compressed", async () => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };
    const body = gzipSync('{"prompt":"a"}');
    const response = await fetch(`${server.url}/v1/images/generations`, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "invalid_content_encoding" } });
  });

  it("cannot break HTTP itself", async () => {
    const port = Number(new URL(server.url).port);
    const send = (text: string) =>
      new Promise<string>((resolve) => {
        let received = "";
        const socket = connect(port, "127.0.0.1", () => socket.end(text));
        socket.on("data", (data) => {
          received += data;
        });
        socket.on("close", () => resolve(received));
        socket.on("error", () => resolve(received));
      });
    for (const text of [
      "GARBAGE\r\n\r\n",
      "GET /healthz HTTP/1.1\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      "GET /healthz HTTP/1.1\r\nHost: [\r\n\r\n",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ]) {
      expect(await send(text)).not.toMatch(/^HTTP\/1\.1 (2|5)/);
    }
    await expectAlive();
  });
});

describe("text of users", () => {
  it("is never read as a special token", async () => {
    const ask = async (content: string) => {
      const response = await fetch(`${server.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "talker", messages: [{ role: "user", content }], max_tokens: 1 }),
      });
      const { usage } = (await response.json()) as { usage: { prompt_tokens: number } };
      return usage.prompt_tokens;
    };
    const empty = await ask("");
    // None of these characters occurs in what the tokenizer was trained on, so each is a token of its own.
    for (const text of ["<|eos|>", "<|boi|><|eoi|>", "<|user|>"]) {
      const letters = text.replaceAll(/[<|>]/g, "");
      expect((await ask(text)) - empty).toBe((await ask(letters)) - empty + (text.length - letters.length));
    }
  });
});
