import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { loadAddon } from "./load.ts";
import { sourceHash } from "./paths.ts";
import { type BuildRecord, fileDigest, readRecord, writeRecord } from "./record.ts";

/** The build that this machine uses, if there is one. */
const usual = readRecord(sourceHash());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interfuse-load-"));
  vi.stubEnv("INTERFUSE_CACHE", join(folder, "cache"));
  vi.stubEnv("LIBTORCH", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

/** As much of a libtorch as is looked at before the addon is loaded. */
function makeLibtorch(name: string, [major, minor]: readonly [number, number]) {
  const root = join(folder, name);
  for (const part of ["lib", "include/ATen", "include/torch/headeronly"]) {
    mkdirSync(join(root, part), { recursive: true });
  }
  writeFileSync(join(root, "lib", "libtorch_cpu.so"), "not really");
  writeFileSync(join(root, "include", "ATen", "ATen.h"), "");
  const versionFile = join(root, "include", "torch", "headeronly", "version.h");
  writeFileSync(
    versionFile,
    `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH 0\n`,
  );
  return { root, versionFile, libraries: join(root, "lib") };
}

/** A build in a cache of its own, of files that are no libraries. */
function makeBuild() {
  const libtorch = makeLibtorch("libtorch", [2, 13]);
  const [addon, prepare] = [join(folder, "addon.node"), join(folder, "prepare.node")];
  writeFileSync(addon, "an addon");
  writeFileSync(prepare, "another");
  /** Records both files as they are now. */
  const record = (): void =>
    writeRecord(sourceHash(), {
      addon,
      prepare,
      digests: [fileDigest(addon), fileDigest(prepare)],
      key: "key",
      version: "2.13.0",
      versionFile: libtorch.versionFile,
      libtorch: libtorch.libraries,
      origin: "a test",
    });
  record();
  return { addon, prepare, libtorch, record };
}

describe("loadAddon refuses, with a remedy and without loading anything", () => {
  it("an empty cache", () => {
    expect(loadAddon).toThrow(/no addon was compiled for these sources.*run "npx @interfuse\/backend-torch setup"/);
  });

  it("a build of another processor in a shared cache", () => {
    makeBuild();
    const records = join(folder, "cache", "backend-torch", "records");
    const [name = ""] = readdirSync(records);
    renameSync(join(records, name), join(records, name.replace(/-[0-9a-f]+\.json$/, "-00000000.json")));
    expect(loadAddon).toThrow(/compiled for another processor; run "npx/);
  });

  it.each(["{", "null", "{}", '{ "addon": "a", "prepare": "b" }'])("a damaged or older record: %s", (content) => {
    makeBuild();
    const records = join(folder, "cache", "backend-torch", "records");
    writeFileSync(join(records, readdirSync(records)[0] as string), content);
    expect(loadAddon).toThrow(/no addon was compiled for these sources/);
  });

  it.each(["addon", "prepare"] as const)("a damaged or missing %s file", (which) => {
    const build = makeBuild();
    writeFileSync(build[which], "an");
    expect(loadAddon).toThrow(`backend-torch: "${build[which]}" is damaged; run "npx @interfuse/backend-torch setup"`);
    rmSync(build[which]);
    expect(loadAddon).toThrow(`backend-torch: "${build[which]}" is gone; run`);
  });

  it("a libtorch that is gone", () => {
    const { libtorch } = makeBuild();
    rmSync(libtorch.root, { recursive: true });
    expect(loadAddon).toThrow(`"${libtorch.libraries}" is gone; run`);
  });

  it("a libtorch of another version than the addon was compiled for", () => {
    makeBuild();
    makeLibtorch("libtorch", [2, 14]);
    expect(loadAddon).toThrow(/libtorch in ".*" is 2\.14\.0, the addon was compiled for 2\.13\.0; run/);
  });

  it("another libtorch in LIBTORCH, or none", () => {
    makeBuild();
    vi.stubEnv("LIBTORCH", makeLibtorch("other", [2, 12]).root);
    expect(loadAddon).toThrow(/LIBTORCH has libtorch 2\.12\.0 in ".*other.*", the addon was compiled for 2\.13\.0 in/);
    vi.stubEnv("LIBTORCH", join(folder, "nowhere"));
    expect(loadAddon).toThrow(/LIBTORCH \(=".*nowhere"\) must be a folder with include\/ and lib\//);
  });

  // Skipped where there is no compiled addon to break, and off Linux, whose loader it is that names a missing library.
  it.skipIf(usual === undefined || process.platform !== "linux")("an addon one of whose libraries is missing", () => {
    const { addon, prepare, libtorch, record } = makeBuild();
    vi.stubEnv("LIBTORCH", libtorch.root);
    // The same number of letters: only the name that the system's loader looks for changes.
    const named = readFileSync((usual as BuildRecord).addon, "latin1").replace("\0libc10.so", "\0libnil.so");
    writeFileSync(addon, named, "latin1");
    writeFileSync(prepare, readFileSync((usual as BuildRecord).prepare));
    record();
    expect(loadAddon).toThrow(
      /addon\.node" \(libtorch 2\.13\.0\) does not load: libnil\.so\S*: cannot open.*; run "npx/,
    );
  });

  it("a libtorch for which there is no room", () => {
    const { addon, libtorch } = makeBuild();
    vi.stubEnv("LIBTORCH", libtorch.root);
    vi.spyOn(process, "dlopen").mockImplementation(() => {
      throw new Error("libc10.so: failed to map segment from shared object");
    });
    expect(loadAddon).toThrow(
      `"${addon}" (libtorch 2.13.0) does not load: libc10.so: failed to map segment from shared object; let the process have more memory`,
    );
  });

  it("files that are no libraries", () => {
    const { addon, libtorch } = makeBuild();
    vi.stubEnv("LIBTORCH", libtorch.root);
    expect(loadAddon).toThrow(`"${addon}" (libtorch 2.13.0) does not load: `);
  });
});
