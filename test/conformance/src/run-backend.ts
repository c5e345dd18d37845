import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BackendName } from "@interfuse/tensor";
import type { NativeCalls } from "./instrument-addon.ts";
import type { SpecResult } from "./run-specs.ts";

/** A backend by the name that `useBackend` knows. */
export type TestedBackend = Exclude<BackendName, "auto">;

/** What a spec process is asked to do. */
export interface SpecRequest {
  readonly backend: TestedBackend;
  /** Path of the bundled specs. */
  readonly bundle: string;
  /** Only specs whose name contains it; all when empty. */
  readonly filter: string;
  /** Store every float32 tensor that is written as bfloat16; `torch` only. */
  readonly storeBfloat16: boolean;
}

/** What became of a backend's specs. */
export type Outcome =
  | {
      readonly kind: "ran";
      readonly specs: readonly SpecResult[];
      readonly seconds: number;
      /** What `useBackend` says it computed on. */
      readonly device: string;
      /** On `torch` only. */
      readonly nativeCalls: NativeCalls | undefined;
    }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * Runs the specs on one backend in a process of its own.
 * @throws Error when that process ends without a result
 */
export function runBackend(request: SpecRequest): Promise<Outcome> {
  const program = fileURLToPath(new URL("spec-process.js", import.meta.url));
  return new Promise((resolve, reject) => {
    // The specs print warnings by the hundred.
    const child = fork(program, [JSON.stringify(request)], { stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let errors = "";
    child.stderr?.on("data", (chunk) => {
      errors = (errors + chunk).slice(-2000);
    });
    child.on("message", (outcome) => resolve(outcome as Outcome));
    child.on("exit", (code, signal) =>
      reject(new Error(`conformance: the specs on "${request.backend}" ended with ${signal ?? code}:\n${errors}`)),
    );
  });
}
