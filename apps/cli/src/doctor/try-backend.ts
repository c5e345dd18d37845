import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Whether a backend loads, and what it is or why it does not. */
export type BackendTrial = { readonly ok: boolean; readonly reason: string };

const PROGRAM = fileURLToPath(new URL("./try-backend-main.js", import.meta.url));
const LIMIT_SECONDS = 60;

/**
 * Loads a backend in a process of its own, so that libraries that do not go together stay apart and one that ends its
 * process is a reason like any other.
 */
export function tryBackend(name: string): Promise<BackendTrial> {
  return new Promise((resolve) => {
    const child = fork(PROGRAM, [name], { stdio: "ignore", timeout: LIMIT_SECONDS * 1000 });
    child.on("message", (trial: BackendTrial) => resolve(trial));
    child.on("error", ({ message }) => resolve({ ok: false, reason: `its process does not start: ${message}` }));
    child.on("exit", (code, signal) =>
      resolve({ ok: false, reason: `its process ended with ${signal ?? `code ${code}`} before it was loaded` }),
    );
  });
}
