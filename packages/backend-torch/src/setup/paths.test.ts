import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { findLibtorch } from "./find-libtorch.ts";
import { cacheFolder, requireCacheFolder } from "./paths.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interfuse paths ü,"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it("a cache folder named from the working folder stays the same in others", () => {
  vi.stubEnv("INTERFUSE_CACHE", relative(process.cwd(), folder));
  expect(cacheFolder()).toBe(join(folder, "backend-torch"));
  requireCacheFolder();
});

it("a cache folder that cannot be written is named, and how to name another", () => {
  writeFileSync(join(folder, "file"), "");
  vi.stubEnv("INTERFUSE_CACHE", join(folder, "file"));
  expect(requireCacheFolder).toThrow(
    /cache folder ".*file.backend-torch" cannot be written \(ENOTDIR\); name another in INTERFUSE_CACHE/,
  );
});

it("a libtorch named from the working folder has an absolute path", () => {
  for (const part of ["include/ATen", "include/torch/headeronly", "lib"])
    mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, "include/ATen/ATen.h"), "");
  writeFileSync(join(folder, "include/torch/headeronly/version.h"), "#define TORCH_VERSION_MAJOR 2\n");
  writeFileSync(join(folder, "lib/libtorch_cpu.so"), "");
  vi.stubEnv("LIBTORCH", relative(process.cwd(), folder));
  const found = findLibtorch();
  expect(found?.libraryFolder).toBe(join(folder, "lib"));
  expect(found?.includeFolders.every(isAbsolute)).toBe(true);
});

it("a file in the place of lib/ is no libtorch", () => {
  writeFileSync(join(folder, "lib"), "");
  vi.stubEnv("LIBTORCH", folder);
  expect(findLibtorch).toThrow(/LIBTORCH \(=".*"\) must be a folder with include\/ and lib\//);
});
