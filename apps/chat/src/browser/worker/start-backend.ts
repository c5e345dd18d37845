/** What computes in a browser: TensorFlow.js's WebGPU and wasm backends, loaded only when they are wanted. */
import { type BackendReport, tf, useBackend } from "@interfuse/tensor";
import plainWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url";
import simdWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url";
import threadedWasmUrl from "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url";
import type { OpenRequest } from "../protocol.ts";
import { defaultWasmThreads, useOwnWasmThreads } from "./wasm-threads.ts";

/** @throws Error when the named backend, or for "auto" every one, cannot start */
export async function startBackend({
  backend,
  threads = defaultWasmThreads(),
}: Pick<OpenRequest, "backend" | "threads">): Promise<BackendReport> {
  if (backend === "webgpu" || (backend === "auto" && (await hasGpu()))) await import("@tensorflow/tfjs-backend-webgpu");
  if (backend === "webgpu" || backend === "cpu") return useBackend({ backend });
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths({
    "tfjs-backend-wasm.wasm": plainWasmUrl,
    "tfjs-backend-wasm-simd.wasm": simdWasmUrl,
    "tfjs-backend-wasm-threaded-simd.wasm": threadedWasmUrl,
  });
  useOwnWasmThreads(threads);
  if (threads === 1) tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  else wasm.setThreadsCount(threads);
  const report = await useBackend({ backend });
  return report.backend === "wasm" ? { ...report, threads: wasm.getThreadsCount() } : report;
}

/** Whether WebGPU computes on hardware; without, it is an emulation on the processor, far slower than wasm. */
async function hasGpu(): Promise<boolean> {
  const adapter = await navigator.gpu?.requestAdapter();
  return adapter != null && !adapter.info.isFallbackAdapter;
}
