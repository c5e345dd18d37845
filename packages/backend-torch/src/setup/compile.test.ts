import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { compileSingle } from "./compile.ts";

// Skipped on Windows, which has no shell scripts; set-up does not run there.
it.skipIf(process.platform === "win32")(
  "a library folder with a comma in its name reaches the linker whole",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "interfuse-compile-"));
    const [compiler, said, libraryFolder] = [
      join(folder, "compiler"),
      join(folder, "said"),
      join(folder, "a,b c", "lib"),
    ];
    writeFileSync(compiler, `#!/bin/sh\nprintf '%s\\n' "$@" >> "${said}"\n`, { mode: 0o755 });
    vi.stubEnv("CXX", compiler);
    const libtorch = { origin: "a test", version: "2.13.0", versionFile: "", includeFolders: [], libraryFolder };
    await compileSingle({ ...libtorch, accelerator: undefined, cxx11Abi: "1" }, "source.cc", join(folder, "out.node"));
    const words = readFileSync(said, "utf8").split("\n");
    expect(words[words.indexOf("-rpath") + 2]).toBe(libraryFolder);
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  },
);
