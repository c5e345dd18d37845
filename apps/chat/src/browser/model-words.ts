/** What a model in the browser is, in words for people. */
import type { BackendReport } from "@interfuse/tensor";

const BACKENDS: Readonly<Record<string, string>> = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "JavaScript" };

/** As "WebAssembly with 4 threads". */
export function backendWords({ backend, threads }: Pick<BackendReport, "backend" | "threads">): string {
  const name = BACKENDS[backend] ?? backend;
  return threads > 1 ? `${name} with ${threads} threads` : name;
}

/** As "1.8 million parameters". */
export function parameterWords(numParameters: number): string {
  if (numParameters < 1e6) return `${Math.max(1, Math.round(numParameters / 1e3))} thousand parameters`;
  const [count, unit] = numParameters < 1e9 ? [numParameters / 1e6, "million"] : [numParameters / 1e9, "billion"];
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} ${unit} parameters`;
}

/** As "7.3 MB". */
export function byteWords(numBytes: number): string {
  if (numBytes < 1e6) return `${Math.max(1, Math.round(numBytes / 1e3))} kB`;
  const [count, unit] = numBytes < 1e9 ? [numBytes / 1e6, "MB"] : [numBytes / 1e9, "GB"];
  return `${count < 10 ? count.toFixed(1) : Math.round(count)} ${unit}`;
}
