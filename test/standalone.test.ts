/**
 * backend-torch on its own: packed, installed beside TensorFlow.js in an empty folder outside this repository, set up by its
 * command, and used by a program that knows nothing of Interfuse.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { torchUnavailable } from "./ops-torch-backend.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "interfuse-standalone-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const pnpm = (...args: string[]) => run(process.execPath, [join(ROOT, "scripts/pnpm.mjs"), ...args]);

/** Packs and installs. @returns why that is not possible here, or undefined */
function install(): string | undefined {
  try {
    pnpm("-C", join(ROOT, "packages/backend-torch"), "pack", "--pack-destination", folder);
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    const dependencies = { "@interfuse/backend-torch": `file:${archive}`, "@tensorflow/tfjs": "^4.22.0" };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));
    // The store has what the repository's own set-up installed.
    pnpm("-C", folder, "install", "--offline", "--ignore-scripts");
    return undefined;
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    return `${stdout ?? ""}${stderr ?? ""}`.match(/ERR_PNPM\S*.*/)?.[0] ?? message;
  }
}

const reason = (await torchUnavailable()) ?? install();
if (reason !== undefined) console.warn(`skipped: backend-torch on its own (${reason})`);

// Skipped, with a printed reason, without the addon (a failure under CI=true), or where the package store lacks what an offline
// install needs: a test must not depend on a network.
describe.skipIf(reason !== undefined)("backend-torch outside this repository", () => {
  it("is set up by its own command, and trains stock models unchanged", () => {
    const record = JSON.parse(run("npx", ["--no-install", "@interfuse/backend-torch", "setup", "--print"]));
    expect(record.version).toMatch(/^\d+\.\d+/);
    copyFileSync(join(ROOT, "test/standalone/program.mjs"), join(folder, "program.mjs"));
    const { backend, losses } = JSON.parse(run(process.execPath, ["program.mjs"]));
    expect(backend).toBe("torch");
    for (const [name, history] of Object.entries<number[]>(losses)) {
      expect(history.at(-1), `${name}: ${history}`).toBeLessThan(0.5 * (history[0] as number));
    }
    expect(Object.keys(losses)).toEqual(["cnn", "lstm"]);
  });
});
