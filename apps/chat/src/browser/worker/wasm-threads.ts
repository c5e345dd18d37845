/** Lets TensorFlow.js's wasm backend start its threads from our own script, and as many as it is told to. */
import threadUrl from "./wasm-thread.ts?worker&url";

/** The backend starts this many threads at once, and waits for further ones without letting them start. */
const MAX_THREADS = 8;

/** Half the processors that the browser shows, since those are often two to a core; both where there are only two. */
export function defaultWasmThreads(): number {
  const { hardwareConcurrency } = navigator;
  return hardwareConcurrency <= 2 ? hardwareConcurrency : Math.min(Math.ceil(hardwareConcurrency / 2), MAX_THREADS);
}

/**
 * Sets the number of threads, which the backend otherwise caps at half the processors: it is shown twice as many as asked for.
 * From now on every worker that this worker starts is a thread: the backend has no setting for their script, and a model worker
 * starts no others.
 */
export function useOwnWasmThreads(numThreads: number): void {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: 2 * Math.min(numThreads, MAX_THREADS) });
  const NativeWorker = globalThis.Worker;
  globalThis.Worker = class extends NativeWorker {
    constructor(original: string | URL) {
      super(threadUrl, { type: "module", name: "wasm-thread" });
      if (String(original).startsWith("blob:")) URL.revokeObjectURL(String(original));
    }
  };
}
