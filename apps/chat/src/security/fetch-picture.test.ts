import { createServer, request as plainRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FetchError, type FetchOptions, fetchPicture } from "./fetch-picture.ts";

let server: Server;
let port: number;
const hosts: (string | undefined)[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    hosts.push(request.headers.host);
    if (request.url === "/moved") response.writeHead(302, { location: "http://127.0.0.1/" }).end();
    else if (request.url === "/slow") response.write("a");
    else response.end(Buffer.alloc(request.url === "/large" ? 2000 : 10, 7));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Asks the server above, without TLS, whatever the name; only the lookup of the address is the real one. */
function ask(path: string, options: Partial<FetchOptions> = {}): Promise<Uint8Array> {
  return fetchPicture(`https://pictures.example:${port}${path}`, {
    allowedHosts: [`pictures.example:${port}`],
    maxBytes: 1000,
    resolve: async () => ["127.0.0.1"],
    isAllowedAddress: () => true,
    send: ((url: URL, settings: object, onResponse: () => void) =>
      plainRequest(new URL(url.href.replace("https:", "http:")), settings, onResponse)) as FetchOptions["send"],
    ...options,
  });
}

describe("fetchPicture", () => {
  it("connects to the address that was checked", async () => {
    expect(await ask("/")).toEqual(Buffer.alloc(10, 7));
    expect(hosts.at(-1)).toBe(`pictures.example:${port}`);
  });

  it.each(["http://pictures.example/", "file:///etc/passwd", "/etc/passwd", "https://user@pictures.example/", ""])(
    "does not even look at %j",
    async (url) => {
      await expect(fetchPicture(url, { allowedHosts: ["pictures.example"], maxBytes: 1 })).rejects.toThrow(
        /only https URLs/,
      );
    },
  );

  it("asks only hosts on the list", async () => {
    await expect(ask("/", { allowedHosts: ["pictures.example"] })).rejects.toThrow(/not fetched from pictures.example/);
  });

  it("refuses names of which any address is private, or that have none", async () => {
    const isAllowedAddress = undefined;
    await expect(ask("/", { isAllowedAddress })).rejects.toThrow(/not on the public internet/);
    const mixed = async () => ["8.8.8.8", "10.0.0.1"];
    await expect(ask("/", { isAllowedAddress, resolve: mixed })).rejects.toThrow(/not on the public internet/);
    await expect(ask("/", { resolve: async () => [] })).rejects.toThrow(/has no address/);
  });

  it("follows no redirect and bounds bytes and time", async () => {
    await expect(ask("/moved")).rejects.toThrow(/answered 302/);
    await expect(ask("/large")).rejects.toThrow(/more than 1000 bytes/);
    await expect(ask("/slow", { timeoutMs: 30 })).rejects.toThrow(FetchError);
  });
});
