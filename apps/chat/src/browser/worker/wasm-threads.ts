/** Lets TensorFlow.js's wasm backend start its threads from our own script. */
import threadUrl from "./wasm-thread.ts?worker&url";

/**
 * From now on every worker that this worker starts is a thread of the wasm backend. The backend has no setting for its threads'
 * script, and a model worker starts no others.
 */
export function useOwnWasmThreads(): void {
  const NativeWorker = globalThis.Worker;
  globalThis.Worker = class extends NativeWorker {
    constructor(original: string | URL) {
      super(threadUrl, { type: "module", name: "wasm-thread" });
      if (String(original).startsWith("blob:")) URL.revokeObjectURL(String(original));
    }
  };
}
