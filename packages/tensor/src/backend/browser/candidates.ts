/** What can compute in a browser, best first. */
import type { BackendCandidate } from "../candidate.ts";
import { javascript } from "../javascript.ts";
import { wasm } from "../wasm.ts";
import { webgpu } from "./webgpu.ts";

/** In the order in which "auto" tries them. */
export const candidates: readonly BackendCandidate[] = [webgpu, wasm, javascript];
