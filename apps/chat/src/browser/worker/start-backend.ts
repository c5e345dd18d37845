/** What computes in a browser: TensorFlow.js's WebGPU and wasm backends, loaded only when they are wanted. */
import { type BackendReport, tf, useBackend } from "@interfuse/tensor";
import plainWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import type { BrowserBackend } from "../protocol.ts";
import { halfOfProcessors, useOwnWasmThreads } from "./wasm-threads.ts";

/** @throws Error when the named backend, or for "auto" every one, cannot start */
export async function startBackend(wanted: BrowserBackend): Promise<BackendReport> {
  const backend = wanted === "wasm-threads" ? "wasm" : wanted;
  if (backend === "webgpu" || (backend === "auto" && (await hasGpu()))) await import("@tensorflow/tfjs-backend-webgpu");
  if (backend === "webgpu" || backend === "cpu") return useBackend({ backend });
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths({
    "tfjs-backend-wasm.wasm": plainWasmUrl,
    "tfjs-backend-wasm-simd.wasm": simdWasmUrl,
    "tfjs-backend-wasm-threaded-simd.wasm": threadedWasmUrl,
  });
  const threads = numThreads(wanted);
  if (threads === 1) tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  else {
    useOwnWasmThreads(threads);
    wasm.setThreadsCount(threads);
  }
  const report = await useBackend({ backend });
  return report.backend === "wasm" ? { ...report, threads: wasm.getThreadsCount() } : report;
}

/** Threads wait for one another by spinning, which on two processors takes four times as long as one thread alone. */
function numThreads(wanted: BrowserBackend): number {
  if (wanted === "wasm-threads") return Math.max(2, halfOfProcessors());
  return wanted === "auto" ? halfOfProcessors() : 1;
}

/** Whether WebGPU computes on hardware; without, it is an emulation on the processor, far slower than wasm. */
async function hasGpu(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter != null && !adapter.info.isFallbackAdapter;
}
