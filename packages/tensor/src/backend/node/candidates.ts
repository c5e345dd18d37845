/** What can compute in Node, best first. */
import type { BackendCandidate } from "../candidate.ts";
import { javascript } from "../javascript.ts";
import { wasm } from "../wasm.ts";
import { tensorflow } from "./tensorflow.ts";
import { torch } from "./torch.ts";

/** In the order in which "auto" tries them. */
export const candidates: readonly BackendCandidate[] = [torch, tensorflow, wasm, javascript];
