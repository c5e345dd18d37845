/** Running other programs from the repository's scripts, with Node's own modules only. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the repository. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");

/**
 * Runs a program in the repository's top folder and waits for it.
 * @returns {{ status: number, stdout: string, stderr: string }} the exit status (1 when it could not be started) and, when captured, its output
 */
export function run(command, args, { capture = false, env = {} } = {}) {
  const result = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: capture ? ["ignore", "pipe", "pipe"] : "inherit",
    maxBuffer: 64 * 1024 * 1024,
  });
  const failure = result.error ? String(result.error.message) : "";
  return { status: result.status ?? 1, stdout: result.stdout ?? "", stderr: (result.stderr ?? "") + failure };
}

/** Runs Node on a script of the repository. */
export function runNode(script, args = [], options = {}) {
  return run(process.execPath, [path.join(ROOT, script), ...args], options);
}

/** Starts Node on a script of the repository, beside this process; resolves to its exit status when it has ended. */
export function startNode(script, args = []) {
  const child = spawn(process.execPath, [path.join(ROOT, script), ...args], { cwd: ROOT, stdio: "inherit" });
  return new Promise((resolve) => {
    child.on("error", () => resolve({ status: 1 }));
    child.on("close", (status) => resolve({ status: status ?? 1 }));
  });
}

/** Runs the pnpm version that package.json pins, through npx. */
export function runPnpm(args, options = {}) {
  const { packageManager } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8"));
  return run("npx", ["--yes", packageManager, ...args], options);
}

/** Ends this process with the other program's status when that failed. */
export function exitOnFailure({ status }) {
  if (status !== 0) process.exit(status);
}
