/** `--share-model`: what of a model's folder the server gives away, to whom, and when. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { createApiKey, startServer } from "@interfuse/chat";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startTestServer, writeModels } from "../support/chat-server.ts";

let folders: Awaited<ReturnType<typeof writeModels>>;

beforeAll(async () => {
  folders = await writeModels();
});
afterAll(() => folders?.remove());

/** Where a link leads; "" when it is gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

const statusOf = async (url: string, headers = {}) => (await fetch(url, { headers })).status;

it("gives the model's files and nothing beside them, to those who have a key", async () => {
  const { key, record } = createApiKey("somebody");
  const models = [{ folder: folders.painter, id: "a b:c" }];
  const server = await startTestServer({ models, shareModels: true, apiKeys: [record] });
  const headers = { authorization: `Bearer ${key}` };
  const listed = (await (await fetch(`${server.url}/v1/models`, { headers })).json()) as { data: { files: string }[] };
  const folder = `${server.url}/${listed.data[0]?.files}`;
  expect(await statusOf(`${folder}config.json`)).toBe(401);
  const config = await fetch(`${folder}config.json`, { headers });
  expect(await config.json()).toMatchObject({ formatVersion: 1 });
  const weights = await fetch(`${folder}image_tokenizer/model.safetensors`, { headers });
  expect(weights.headers.get("content-type")).toBe("application/octet-stream");
  expect((await weights.arrayBuffer()).byteLength).toBe(Number(weights.headers.get("content-length")));
  const etag = weights.headers.get("etag") as string;
  expect(await statusOf(`${folder}image_tokenizer/model.safetensors`, { ...headers, "if-none-match": etag })).toBe(304);
  const hostile = [
    "",
    "..%2fpainter%2fconfig.json",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%00",
    "training/x",
    "config.json%2f",
  ];
  for (const path of hostile) expect(await statusOf(`${folder}${path}`, headers), path).toBe(404);
  await server.close({ drainSeconds: 0 });
});

// Open files are counted in /proc, which only Linux has.
it.skipIf(!existsSync("/proc/self/fd"))("keeps no file open for those who ask only how large it is", async () => {
  const server = await startTestServer({ models: [{ folder: folders.painter }], shareModels: true });
  const response = await fetch(`${server.url}/models/painter/model.safetensors`, { method: "HEAD" });
  expect([response.status, Number(response.headers.get("content-length")) > 1000]).toEqual([200, true]);
  const openFiles = readdirSync("/proc/self/fd").map((name) => linkOf(`/proc/self/fd/${name}`));
  expect(openFiles.filter((file) => file.startsWith(folders.painter))).toEqual([]);
  await server.close({ drainSeconds: 0 });
});

it("gives nothing unless it is told to", async () => {
  const server = await startTestServer({ models: [{ folder: folders.painter }] });
  expect(await statusOf(`${server.url}/models/painter/config.json`)).toBe(404);
  const { data } = (await (await fetch(`${server.url}/v1/models`)).json()) as { data: object[] };
  expect(data[0]).not.toHaveProperty("files");
  const policy = (await fetch(server.url)).headers.get("content-security-policy");
  expect(policy).toContain("connect-src 'self';");
  await server.close({ drainSeconds: 0 });
});

it("lets the page read models from hosts that the operator names, which must be names", async () => {
  const models = [{ folder: folders.painter }];
  const server = await startTestServer({ models, modelHosts: ["models.example.org"] });
  const policy = (await fetch(server.url)).headers.get("content-security-policy");
  expect(policy).toContain("connect-src 'self' https://models.example.org;");
  await server.close({ drainSeconds: 0 });
  for (const host of ["x; script-src *", "https://x.org", "*", "a b"]) {
    await expect(startServer({ models, modelHosts: [host] })).rejects.toThrow(/must be host names/);
  }
});
