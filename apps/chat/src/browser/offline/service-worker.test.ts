import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeCaches, PAGE } from "../testing/fake-caches.ts";

const ASSET = `${PAGE}assets/index-12345678.js`;
const server = vi.fn<(request: { url: string }) => Promise<Response>>();
const listeners = new Map<string, (event: object) => void>();
let caches: FakeCaches;

beforeEach(async () => {
  caches = new FakeCaches();
  server.mockImplementation(async ({ url }) => new Response(url));
  vi.resetModules();
  vi.stubGlobal("registration", { scope: PAGE });
  vi.stubGlobal("addEventListener", (type: string, listener: (event: object) => void) => listeners.set(type, listener));
  vi.stubGlobal("caches", caches);
  vi.stubGlobal("fetch", server);
  await import("./service-worker.ts");
});
afterEach(() => void vi.unstubAllGlobals());

/** What the page gets; undefined where the service worker leaves it to the browser. */
function ask(url: string, mode = "cors"): Promise<string> | undefined {
  let answer: Promise<Response> | undefined;
  const respondWith = (response: Promise<Response>) => {
    answer = response;
  };
  listeners.get("fetch")?.({ request: { url, mode, method: "GET" }, respondWith });
  return answer?.then((response) => response.text());
}

it("answers with what it keeps when the server does not answer", async () => {
  expect(await ask(PAGE, "navigate")).toBe(PAGE);
  expect(await ask(ASSET)).toBe(ASSET);
  server.mockRejectedValue(new TypeError("no network"));
  expect([await ask(`${PAGE}?a=b`, "navigate"), await ask(ASSET)]).toEqual([PAGE, ASSET]);
});

it("hands on what the server answers where there is no room to keep it", async () => {
  caches.room = 0;
  expect([await ask(PAGE, "navigate"), await ask(ASSET)]).toEqual([PAGE, ASSET]);
});

it("leaves the server's API alone", () => {
  expect([ask(`${PAGE}v1/models`), ask(`${PAGE}v1/files/x`, "navigate")]).toEqual([undefined, undefined]);
});
