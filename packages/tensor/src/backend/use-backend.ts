/** Chooses what computes. Only applications call this; libraries use whatever has been chosen. */
import { candidates } from "#candidates";
import { tf } from "../tf.ts";
import type { BackendName, BackendRequest, DeviceName, LoadedBackend, Precision } from "./candidate.ts";

const DEVICE = /^(auto|cpu|cuda(:\d+)?|webgpu)$/;

/** What `useBackend` chose and what it tried on the way. */
export type BackendReport = {
  backend: string;
  device: string;
  precision: Precision;
  threads: number;
  /** What computes, with its version. */
  library: string;
  /** Why this one, in a sentence. */
  reason: string;
  tried: { name: string; ok: boolean; reason: string }[];
};

/** Options of `useBackend`. */
export type UseBackendOptions = {
  backend?: BackendName;
  device?: DeviceName;
  /** "auto" is bf16 where backend and processor are fast at it, else f32. */
  precision?: "auto" | Precision;
  /** Threads on the CPU; the backend's own choice unless given. */
  threads?: number;
};

let used: BackendReport | undefined;

/** What the last `useBackend` of this thread chose; undefined before the first. */
export function usedBackend(): BackendReport | undefined {
  return used;
}

/** Names of the backends that `useBackend` knows here, best first. */
export function backendNames(): Exclude<BackendName, "auto">[] {
  return candidates.map(({ name }) => name);
}

/**
 * Makes a backend current: the named one, or the best that loads as asked ("auto", the default). In Node: torch,
 * tensorflow, wasm, cpu; in a browser: webgpu, wasm, cpu.
 * @throws RangeError for an unknown name, device or precision or a wrong number of threads; Error, with what was tried and why it failed, when
 *   the named backend, or for "auto" every one, cannot load or cannot do what is asked.
 */
export async function useBackend({
  backend = "auto",
  device = "auto",
  precision = "auto",
  threads,
}: UseBackendOptions = {}): Promise<BackendReport> {
  const chosen = backend === "auto" ? candidates : candidates.filter(({ name }) => name === backend);
  if (chosen.length === 0) {
    throw new RangeError(`useBackend: backend (="${backend}") must be one of auto, ${backendNames().join(", ")} here`);
  }
  if (!DEVICE.test(device)) {
    throw new RangeError(`useBackend: device (="${device}") must be auto, cpu, cuda, cuda:N or webgpu`);
  }
  if (!["auto", "f32", "bf16"].includes(precision)) {
    throw new RangeError(`useBackend: precision (="${precision}") must be auto, f32 or bf16`);
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw new RangeError(`useBackend: threads (=${threads}) must be a positive integer`);
  }
  const request: BackendRequest = { device, precision, threads };
  const tried: BackendReport["tried"] = [];
  for (const { name, load } of chosen) {
    try {
      const loaded = await load(request);
      await activate(loaded);
      tried.push({ name, ok: true, reason: "loaded" });
      used = report(name, loaded, { isNamed: backend !== "auto", tried });
      return used;
    } catch (error) {
      tried.push({ name, ok: false, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const asked = `backend="${backend}", device="${device}", precision="${precision}"`;
  const reasons = tried.map(({ name, reason }) => `  ${name}: ${reason}`).join("\n");
  throw new Error(`useBackend: no backend can do what is asked (${asked}):\n${reasons}`);
}

async function activate({ registeredName, library }: LoadedBackend): Promise<void> {
  if (!(await tf.setBackend(registeredName))) throw new Error(`${library} could not start`);
  await tf.ready();
}

function report(
  name: string,
  { device, precision, threads, library, notes }: LoadedBackend,
  { isNamed, tried }: { isNamed: boolean; tried: BackendReport["tried"] },
): BackendReport {
  const failed = tried.filter(({ ok }) => !ok).map((attempt) => `${attempt.name} (${firstLine(attempt.reason)})`);
  const why = isNamed
    ? `${name} was asked for`
    : failed.length === 0
      ? `${name} loads, and is the fastest`
      : `${name} is the fastest that loads; not ${failed.join(", ")}`;
  return { backend: name, device, precision, threads, library, reason: [why, ...notes].join("; "), tried };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}
