import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeZip } from "../testing/make-zip.ts";
import { serve, stop } from "../testing/serve.ts";
import { compilerFlags } from "./compile.ts";
import { fromCache } from "./find-libtorch.ts";
import { type GetLibtorchOptions, getLibtorch } from "./get-libtorch.ts";

let folder: string;
let server: Server | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-get-"));
  await mkdir(join(folder, "no-programs"));
  vi.stubEnv("INTERFUSE_CACHE", join(folder, "cache"));
  // Neither Python nor apt-get: every attempt but the archive's fails at once, and none reaches a network.
  vi.stubEnv("PATH", join(folder, "no-programs"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  if (server !== undefined) await stop(server);
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** As much of PyTorch's archive as set-up looks at. */
const libtorch = makeZip(
  [
    ["lib/libtorch_cpu.so", "not really"],
    ["include/ATen/ATen.h", ""],
    [
      "include/torch/headeronly/version.h",
      "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n#define TORCH_VERSION_PATCH 0\n",
    ],
    ["include/torch/csrc/api/include/torch/torch.h", ""],
    ["share/cmake/Torch/TorchConfig.cmake", 'set(TORCH_CXX_FLAGS "-D_GLIBCXX_USE_CXX11_ABI=1")\n'],
  ].map(([name, content]) => ({ name: `libtorch/${name}`, content: Buffer.from(content as string) })),
);

async function get(listener: RequestListener, options: GetLibtorchOptions = {}) {
  const served = await serve(listener);
  server = served.server;
  const lines: string[] = [];
  const address = `${served.address}/libtorch.zip`;
  const result = getLibtorch((line) => lines.push(line), { archiveAddress: address, ...options });
  return { lines, address, outcome: await result.catch((error: Error) => error) };
}

const cached = () => readdir(join(folder, "cache", "backend-torch", "libtorch"));

describe("getLibtorch without Python", () => {
  it("takes the archive, and finds it again", async () => {
    const { outcome } = await get((_, response) => response.end(libtorch));
    const root = join(folder, "cache", "backend-torch", "libtorch", "archive", "libtorch");
    expect(outcome).toEqual({
      origin: "set-up's own copy",
      version: "2.13.0",
      versionFile: join(root, "include", "torch", "headeronly", "version.h"),
      includeFolders: [join(root, "include"), join(root, "include", "torch", "csrc", "api", "include")],
      libraryFolder: join(root, "lib"),
      cxx11Abi: "1",
    });
    expect(fromCache()).toEqual(outcome);
    expect(compilerFlags(outcome as NonNullable<ReturnType<typeof fromCache>>)).toContain("-D_GLIBCXX_USE_CXX11_ABI=1");
    expect((await cached()).filter((name) => name.startsWith("archive"))).toEqual(["archive"]);
  });

  it.each<[string, RequestListener, string]>([
    ["is not there", (_, response) => response.writeHead(404).end(), "status 404 Not Found"],
    [
      "breaks off",
      (_, response) => {
        response.writeHead(200, { "content-length": libtorch.length });
        response.write(libtorch.subarray(0, 400), () => response.destroy());
      },
      "terminated",
    ],
    ["is cut off", (_, response) => response.end(libtorch.subarray(0, 400)), "truncated"],
    ["holds something else", (_, response) => response.end(makeZip([])), "it gave no libtorch"],
  ])("says so when the archive %s, and finds no libtorch", async (_, listener, reason) => {
    const { outcome, lines } = await get(listener);
    expect((outcome as Error).message).toMatch(/^no libtorch could be got: pip install .*; pip download .*; apt-get /);
    expect((outcome as Error).message).toContain(reason);
    expect(lines.some((line) => line.startsWith("did not work: ") && line.includes(reason))).toBe(true);
    expect(fromCache()).toBeUndefined();
    if (reason !== "it gave no libtorch")
      expect((await cached()).filter((name) => name.startsWith("archive"))).toEqual([]);
  });

  it.each<[NodeJS.Platform, NodeJS.Architecture]>([
    ["linux", "arm64"],
    ["darwin", "x64"],
  ])("skips the archive on %s %s, which PyTorch has none for", async (platform, architecture) => {
    let numRequests = 0;
    const { lines } = await get(() => numRequests++, { platform, architecture, archiveAddress: undefined });
    expect(lines).toContainEqual(
      expect.stringMatching(`^did not work: skipped: .* this ${platform} on ${architecture}$`),
    );
    expect(numRequests).toBe(0);
  });
});
