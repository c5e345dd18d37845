import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { serve, stop } from "../testing/serve.ts";
import { downloadArchive } from "./download-archive.ts";

let folder: string;
let server: Server;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-download-"));
});
afterEach(async () => {
  await stop(server);
  await rm(folder, { recursive: true, force: true });
});

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) % 251);

/** Downloads from a server that answers with `listener` into the file "archive.zip". */
async function download(listener: RequestListener): Promise<void> {
  const served = await serve(listener);
  server = served.server;
  await downloadArchive(`${served.address}/libtorch.zip`, join(folder, "archive.zip"));
}

describe("downloadArchive", () => {
  it("writes what the server sends", async () => {
    await download((_, response) => response.end(bytes));
    expect(await readdir(folder)).toEqual(["archive.zip"]);
    expect(Buffer.compare(await readFile(join(folder, "archive.zip")), bytes)).toBe(0);
  });

  it("reports status and address", async () => {
    const missing = download((_, response) => response.writeHead(404).end("not here"));
    await expect(missing).rejects.toThrow(
      /^download of "http:\/\/127\.0\.0\.1:\d+\/libtorch\.zip" failed: status 404 Not Found$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["of a known length", { "content-length": bytes.length * 2 }],
    ["in chunks", {}],
  ])("leaves nothing of an answer %s that breaks off", async (_, headers) => {
    const broken = download((_, response) => {
      response.writeHead(200, headers);
      response.write(bytes, () => response.destroy());
    });
    await expect(broken).rejects.toThrow(/libtorch\.zip" failed: terminated: /);
    expect(await readdir(folder)).toEqual([]);
  });

  it("says why there was no answer", async () => {
    const refused = download((request) => request.socket.destroy());
    await expect(refused).rejects.toThrow(/libtorch\.zip" failed: fetch failed: ./);
    expect(await readdir(folder)).toEqual([]);
  });
});
