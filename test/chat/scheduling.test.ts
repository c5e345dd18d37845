/** Many requests at once: shared steps, a bounded queue, limits, a worker that dies, and a server that is told to stop. */
import type { RunningServer } from "@interfuse/chat";
import { readPngText } from "@interfuse/data";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ENDLESS_STEPS, startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
beforeAll(async () => {
  models = await writeModels();
});
afterAll(() => models.remove());
afterEach(() => server.close({ drainSeconds: 0 }));

async function start(options: Omit<Parameters<typeof startTestServer>[0], "models"> = {}): Promise<void> {
  server = await startTestServer({ models: [{ folder: models.talker }], ...options });
}

function post(path: string, body: object, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const headers = { "content-type": "application/json", ...init.headers };
  return fetch(server.url + path, { method: "POST", ...init, headers, body: JSON.stringify(body) });
}

const draw = (body: object, init?: Parameters<typeof post>[2]) =>
  post("/v1/images/generations", { prompt: "a red circle", steps: 4, seed: 1, ...body }, init);
/** A drawing that goes on until its client goes; it is under way once its headers are there. */
const drawEndless = () => draw({ steps: ENDLESS_STEPS, stream: true });
const stats = () => server.engine.stats().get("talker");

async function png(response: Response): Promise<Buffer> {
  const { data } = (await response.json()) as { data: { b64_json: string }[] };
  return Buffer.from(data[0]?.b64_json ?? "", "base64");
}

describe("shared steps", () => {
  it("give the same bytes for the same batch, and otherwise the same to within 2/255", async () => {
    await start();
    const seeds = [1, 2, 3, 4];
    const together = async () => {
      const response = await draw({ n: seeds.length, seed: 1 });
      const { data } = (await response.json()) as { data: { b64_json: string }[] };
      return data.map(({ b64_json }) => Buffer.from(b64_json, "base64"));
    };
    const first = await together();
    expect(await together()).toEqual(first);
    for (const [index, seed] of seeds.entries()) {
      const pixels = async (file: Buffer | undefined) => sharp(file).raw().toBuffer();
      const alone = await pixels(await png(await draw({ seed })));
      const shared = await pixels(first[index]);
      expect(Math.max(...alone.map((value, at) => Math.abs(value - (shared[at] as number))))).toBeLessThanOrEqual(2);
    }
  });

  it("let a short request pass a long one", async () => {
    await start();
    const long = await drawEndless();
    const short = await draw({});
    expect(short.status).toBe(200);
    expect(stats()).toMatchObject({ numRunning: 1, numCompleted: 1 });
    await long.body?.cancel();
    await expect.poll(() => stats()?.numRunning).toBe(0);
  });
});

describe("the queue", () => {
  it("tells positions at once, is bounded, and moves up when somebody goes", async () => {
    await start({ maxRunning: 1, maxWaiting: 2 });
    const running = await drawEndless();
    const waiting = [await drawEndless(), await drawEndless()];
    await expect.poll(() => stats()?.numWaiting).toBe(2);
    const full = await draw({});
    expect(full.status).toBe(429);
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await full.json()).toMatchObject({ error: { code: "queue_full", type: "rate_limit_error" } });
    const reader = waiting[1]?.body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toMatch(/^: queue position=1/);
    await waiting[0]?.body?.cancel();
    expect(await text()).toMatch(/^: queue position=0/);
    await running.body?.cancel();
    await expect.poll(() => stats()).toMatchObject({ numRunning: 1, numWaiting: 0, numCancelled: 2 });
    await reader?.cancel();
    await expect.poll(() => server.engine.numOpenJobs).toBe(0);
  });

  it("bounds what one key may have under way", async () => {
    await start({ maxJobsPerKey: 2 });
    const long = [await drawEndless(), await drawEndless()];
    const refused = await draw({});
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ error: { code: "too_many_jobs" } });
    for (const response of long) await response.body?.cancel();
    await expect.poll(() => server.engine.numOpenJobs).toBe(0);
    expect((await draw({})).status).toBe(200);
  });
});

describe("a request that does not fit the model", () => {
  it("is refused, which is no failure of the server's", async () => {
    await start();
    const messages = [{ role: "user", content: "word ".repeat(400) }];
    const response = await post("/v1/chat/completions", { model: "talker", messages });
    expect(response.status).toBe(400);
    expect(stats()).toMatchObject({ numRefused: 1, numFailed: 0 });
  });
});

describe("the same request again", () => {
  it("joins by its idempotency key, also after its client has gone", async () => {
    await start();
    const key = { "idempotency-key": "once" };
    const drawNamed = () => draw({ steps: 250, stream: true }, { headers: key });
    await (await drawNamed()).body?.cancel();
    const [again, also] = await Promise.all([drawNamed(), drawNamed()]);
    expect(await again.text()).toBe(await also.text());
    expect(stats()).toMatchObject({ numCompleted: 1, numCancelled: 0 });
    const other = await draw({ steps: 3 }, { headers: key });
    expect(other.status).toBe(409);
    expect((await draw({}, { headers: { "idempotency-key": "twice" } })).status).toBe(200);
  });

  it("is another one when it does not say that it is a retry", async () => {
    await start();
    const body = { seed: undefined, steps: 1 };
    const [one, two] = await Promise.all([draw(body), draw(body)]);
    const seeds = await Promise.all([one, two].map(async (response) => readPngText(await png(response)).seed));
    expect(seeds[0]).not.toBe(seeds[1]);
    const retry = await draw(body, { headers: { "x-stainless-retry-count": "1" } });
    expect(seeds).toContain(readPngText(await png(retry)).seed);
  });
});

// A machine that is busy with other things needs long for the many steps.
describe("a worker that dies", { timeout: 300_000 }, () => {
  /** Denoising steps of a drawing whose worker is killed in the middle: many, since the worker does not wait for the test. */
  const LONG = 600;

  /** Reads a stream to its end, and kills the worker that makes it as soon as it has told what is looked for. */
  async function killAfter(told: RegExp, response: Response): Promise<string> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of response.body ?? []) {
      const isFirst = !told.test(text);
      text += decoder.decode(bytes, { stream: true });
      if (isFirst && told.test(text)) await server.engine.replaceWorker("talker", 0);
    }
    return text;
  }

  it("takes nobody with it: what had told nothing starts over, the rest fails cleanly, others never notice", async () => {
    await start({ numWorkers: 2 });
    const silent = await draw({ steps: LONG, stream: true });
    const other = await draw({ steps: LONG, stream: true, seed: 2 });
    expect(stats()?.numRunning).toBe(2);
    await server.engine.replaceWorker("talker", 0);
    for (const response of [silent, other]) expect(await response.text()).toMatch(/image_generation\.completed/);
    expect(stats()).toMatchObject({ numWorkerDeaths: 1, numRetried: 1, numFailed: 0, numCompleted: 2 });
    await expect.poll(() => stats()?.numReadyWorkers).toBe(2);
  });

  it("does not show previews twice", async () => {
    await start();
    const response = await draw({ steps: LONG, stream: true, partial_images: 3 });
    const text = await killAfter(/partial_image_index/, response);
    expect(text.match(/(?<="partial_image_index":)\d/g)).toEqual(["0", "1", "2"]);
    expect(text).toMatch(/event: image_generation\.completed/);
    expect(stats()).toMatchObject({ numRetried: 1, numCompleted: 1 });
  });

  it("fails what it had begun to tell, and makes it anew when its client tries again", async () => {
    const lines: string[] = [];
    await start({ log: (line) => lines.push(line) });
    const body = { model: "talker", messages: [{ role: "user", content: "a" }], max_tokens: 400, stream: true };
    const text = await killAfter(/"content":"[^"]/, await post("/v1/chat/completions", body));
    expect(text).toMatch(/data: \{"error":\{"message":"the model's worker stopped .*"code":"worker_died"\}\}\n\n$/);
    expect(lines).toContainEqual(expect.stringMatching(/^model talker: a worker stopped \(it exited with code 1\)/));
    const again = await post("/v1/chat/completions", body, { headers: { "x-stainless-retry-count": "1" } });
    expect(await again.text()).toMatch(/data: \[DONE\]\n\n$/);
  });
});

describe("a server that is told to stop", () => {
  it("ends what is open, refuses the rest, and tells that it is not ready", async () => {
    await start();
    const [short, endless] = [await draw({ steps: 50, stream: true }), await drawEndless()];
    const closed = server.close({ drainSeconds: 60 });
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    const refused = await draw({});
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await short.text()).toMatch(/image_generation\.completed/);
    await endless.body?.cancel();
    await closed;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it("fails what takes too long", async () => {
    await start();
    const open = await drawEndless();
    await server.close({ drainSeconds: 0 });
    expect(await open.text()).toMatch(/"code":"draining"/);
  });
});

describe("a server that cannot start", () => {
  it("says why, and leaves nothing running", async () => {
    await start();
    await expect(startTestServer({ models: [{ folder: "nowhere" }] })).rejects.toThrow(/"nowhere".*cannot be served/);
    await expect(startTestServer({ models: [] })).rejects.toThrow(/at least one folder/);
    const twice = [{ folder: models.talker }, { folder: models.talker }];
    await expect(startTestServer({ models: twice })).rejects.toThrow(/two models are named "talker"/);
    const port = Number(new URL(server.url).port);
    await expect(startTestServer({ models: [{ folder: models.talker }], port })).rejects.toThrow(/EADDRINUSE/);
  });
});
