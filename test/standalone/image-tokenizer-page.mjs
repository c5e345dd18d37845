/** The same for a page: what an application brings to have WebAssembly and WebGPU, and `computeAll` for whoever drives it. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";
import { computeAll } from "./image-tokenizer.mjs";

setWasmPaths("/wasm/");
globalThis.computeAll = computeAll;
