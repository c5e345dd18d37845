import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UsageError } from "../config/usage-error.ts";
import { claimFolder } from "./claim-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "interfuse-claim-"));
});
afterEach(() => rm(folder, { recursive: true }));

// Skipped where a claim is not made: other systems have neither abstract sockets nor named pipes.
describe.skipIf(!["linux", "win32"].includes(process.platform))("a run's folder", () => {
  it("is one run's, under any of its names, until that run ends", async () => {
    const release = await claimFolder(folder);
    await symlink(folder, join(folder, "link"));
    for (const name of [folder, join(folder, "x", ".."), join(folder, "link")]) {
      await expect(claimFolder(name)).rejects.toThrow(UsageError);
      await expect(claimFolder(name)).rejects.toThrow(/another run is going on in it; wait/);
    }
    await (await claimFolder(join(folder, "other")))();
    const releaseNew = await claimFolder(join(folder, "link", "not", "there yet"));
    await mkdir(join(folder, "not", "there yet"), { recursive: true });
    await expect(claimFolder(join(folder, "not", "there yet"))).rejects.toThrow(/another run is going on/);
    await releaseNew();
    await release();
    await (await claimFolder(folder))();
  });

  it("is free again when its run is killed", async () => {
    const program = `import { claimFolder } from ${JSON.stringify(new URL("../../dist/run/claim-folder.js", import.meta.url).href)};
      await claimFolder(process.argv[1]);
      process.stdout.write("claimed");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, folder]);
    await once(child.stdout, "data");
    await expect(claimFolder(folder)).rejects.toThrow(/another run/);
    child.kill("SIGKILL");
    await once(child, "exit");
    await (await claimFolder(folder))();
  });
});
