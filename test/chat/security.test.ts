/** Who may ask a server, from where, and what its answers allow. */
import { createApiKey, type RunningServer } from "@interfuse/chat";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, writeModels } from "../support/chat-server.ts";

let models: Awaited<ReturnType<typeof writeModels>>;
let server: RunningServer;
beforeAll(async () => {
  models = await writeModels();
});
afterAll(() => models.remove());
afterEach(() => server.close());

async function start(options: Omit<Parameters<typeof startTestServer>[0], "models"> = {}): Promise<void> {
  server = await startTestServer({ models: [{ folder: models.talker }], ...options });
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });
const draw = (headers: Record<string, string> = {}) =>
  fetch(`${server.url}/v1/images/generations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ prompt: "a", steps: 1, response_format: "url" }),
  });
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe("keys", () => {
  it("are needed where there are any, except for health and for images by their ids", async () => {
    const { key, record } = createApiKey("alice");
    await start({ apiKeys: [record, createApiKey("bob").record] });
    for (const headers of [{}, bearer(`${key}x`), bearer(record.digest), { authorization: key }, bearer("")]) {
      const response = await draw(headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ error: { code: "invalid_api_key", type: "authentication_error" } });
    }
    for (const path of ["/v1/models", "/v1/models/talker", "/metrics"]) expect((await get(path)).status).toBe(401);
    for (const path of ["/healthz", "/readyz", "/openapi.json"]) expect((await get(path)).status).toBe(200);
    const drawn = await draw(bearer(key));
    const { data } = (await drawn.json()) as { data: { url: string }[] };
    expect((await fetch(data[0]?.url ?? "")).status).toBe(200);
  });

  it("do not share answers: an idempotency key is its owner's", async () => {
    const [alice, bob] = [createApiKey("alice"), createApiKey("bob")];
    await start({ apiKeys: [alice.record, bob.record] });
    const ask = async (key: string) => {
      const response = await draw({ ...bearer(key), "idempotency-key": "1" });
      return ((await response.json()) as { data: { url: string }[] }).data[0]?.url;
    };
    const [ofAlice, ofBob] = [await ask(alice.key), await ask(bob.key)];
    expect(ofBob).not.toBe(ofAlice);
    expect(await ask(alice.key)).toBe(ofAlice);
  });
});

describe("addresses", () => {
  const ask = async (forwardedFor: string) => {
    const response = await draw({ "idempotency-key": "1", "x-forwarded-for": forwardedFor });
    return ((await response.json()) as { data: { url: string }[] }).data[0]?.url;
  };

  it("of clients behind a proxy are told apart where the proxy is trusted", async () => {
    await start({ trustedProxies: ["127.0.0.0/8"] });
    const first = await ask("198.51.100.1");
    expect(await ask("198.51.100.2")).not.toBe(first);
    expect(await ask("198.51.100.2, 198.51.100.1")).toBe(first);
  });

  it("of IPv6 are one client in each /64, which is what one client has", async () => {
    await start({ trustedProxies: ["127.0.0.0/8"] });
    const first = await ask("2001:db8:1:2::1");
    expect(await ask("2001:db8:1:2:ffff::9")).toBe(first);
    expect(await ask("2001:db8:1:3::1")).not.toBe(first);
  });

  it("that a client says it has are not believed", async () => {
    await start();
    expect(await ask("198.51.100.2")).toBe(await ask("198.51.100.1"));
  });
});

it("says which port of which address it cannot have, and why, before it loads a model", async () => {
  await start();
  const { port } = new URL(server.url);
  const second = startTestServer({ models: [{ folder: "nowhere" }], port: Number(port) });
  await expect(second).rejects.toThrow(`port ${port} of 127.0.0.1: another program listens there`);
});

describe("web pages", () => {
  it("of other origins are kept out unless they are named", async () => {
    await start({ corsOrigins: ["https://chat.example"] });
    expect((await draw({ origin: "https://evil.example" })).status).toBe(403);
    expect((await draw({ origin: "null" })).status).toBe(403);
    expect((await draw({ origin: server.url })).status).toBe(200);
    const allowed = await draw({ origin: "https://chat.example" });
    expect([allowed.status, allowed.headers.get("access-control-allow-origin")]).toEqual([200, "https://chat.example"]);
    const preflight = await fetch(`${server.url}/v1/images/generations`, {
      method: "OPTIONS",
      headers: { origin: "https://chat.example", "access-control-request-headers": "authorization" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toBe("authorization");
  });

  it("of its own may ask where a proxy hands requests on under another name", async () => {
    await start({ publicUrl: "https://interfuse.example/" });
    expect((await draw({ origin: "https://interfuse.example" })).status).toBe(200);
    expect((await draw({ origin: "https://evil.example" })).status).toBe(403);
  });

  it("cannot reach it by a name of their own, nor post without saying that it is JSON", async () => {
    await start({ hostNames: ["models.internal"] });
    const { port } = new URL(server.url);
    const status = async (host: string) => {
      const { request } = await import("node:http");
      return new Promise((resolve) => {
        const asked = request({ port, host: "127.0.0.1", path: "/v1/models", headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.end();
      });
    };
    expect(await status("evil.example")).toBe(403);
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status("models.internal")).toBe(200);
    expect((await draw({ "content-type": "text/plain" })).status).toBe(400);
  });
});

describe("answers", () => {
  it("have strict headers; images may be shown by other sites and run nothing", async () => {
    await start();
    const { headers } = await get("/v1/models");
    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
    );
    expect(headers.get("content-security-policy")).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const { data } = (await (await draw()).json()) as { data: { url: string }[] };
    const image = await fetch(data[0]?.url ?? "");
    expect(image.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(image.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
  });

  it("describe themselves and are measured", async () => {
    await start();
    await draw();
    const document = await (await get("/openapi.json")).json();
    expect(document).toMatchObject({
      openapi: "3.1.0",
      paths: { "/v1/images/edits": { post: { requestBody: { content: { "multipart/form-data": {} } } } } },
    });
    const metrics = await (await get("/metrics")).text();
    expect(metrics).toMatch(/^interfuse_jobs_completed_total\{model="talker"\} 1$/m);
    expect(metrics).toMatch(
      /^interfuse_http_requests_total\{route="\/v1\/images\/generations",method="POST",status="200"\} 1$/m,
    );
    for (const line of metrics.trim().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) interfuse_\w+ .+|interfuse_\w+(\{(\w+="[^"]*",?)+\})? -?[\d.e+-]+)$/);
    }
  });
});
