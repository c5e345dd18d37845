import { setImmediate } from "node:timers/promises";
import { Hono } from "hono";
import { expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../server/options.ts";
import { toApiError } from "./api-error.ts";
import { readJson } from "./body.ts";
import { shareBodyMemory } from "./body-memory.ts";
import type { Env } from "./context.ts";

const LIMITS = { ...DEFAULT_LIMITS, maxBodyBytes: 80, maxTotalBodyBytes: 100 };

/** Posts a body to a route that frees it as soon as its answer begins. */
function post(body: BodyInit, answer = async () => undefined as unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return Promise.resolve(
    app.request("/", { method: "POST", headers, body, duplex: "half" } as RequestInit, { answer }),
  );
}

const app = new Hono<Env>();
app.post("/", shareBodyMemory(LIMITS), async (c) => {
  await readJson(c, LIMITS);
  c.get("bodyShare").free();
  await (c.env as unknown as { answer: () => Promise<unknown> }).answer();
  return c.body(null, 204);
});
app.onError((error) => toApiError(error).toResponse());

const body = (length: number) => JSON.stringify("a".repeat(length - 2));

/** A request whose body stops coming after its first bytes, which have been read. */
async function beginPost(text: string) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const response = post(readable);
  await writer.write(new TextEncoder().encode(text));
  await setImmediate();
  return { writer, response };
}

it("refuses bodies that have no room beside the others, for as long as those are read", async () => {
  const { writer, response } = await beginPost(`"${"a".repeat(49)}`);
  const refused = await post(body(60));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ error: { code: "bodies_too_large", type: "server_error" } });
  expect((await post(body(50))).status).toBe(204);
  await writer.write(new TextEncoder().encode('"'));
  await writer.close();
  expect((await response).status).toBe(204);
  expect((await post(body(80))).status).toBe(204);
});

it("has room again when a client has gone, its body was too large or no JSON", async () => {
  const gone = await beginPost(body(70));
  await gone.writer.abort(new Error("gone"));
  expect((await gone.response).status).toBe(400);
  expect((await post(body(81))).status).toBe(413);
  expect((await post("a".repeat(80))).status).toBe(400);
  expect((await post(body(80))).status).toBe(204);
});

it("has room again when an answer has begun, and frees none twice", async () => {
  const statuses: number[] = [];
  const outer = await post(body(80), async () => statuses.push((await post(body(80))).status));
  expect([...statuses, outer.status]).toEqual([204, 204]);
  const { writer, response } = await beginPost(`"${"a".repeat(49)}`);
  expect((await post(body(60))).status).toBe(503);
  await writer.abort(new Error("gone"));
  await response;
});
