/** What can compute in Node, best first. */
import type { BackendCandidate } from "./candidate.ts";
import { javascript } from "./javascript.ts";
import { tensorflow } from "./tensorflow.node.ts";
import { torch } from "./torch.node.ts";
import { wasm } from "./wasm.ts";

export const candidates: readonly BackendCandidate[] = [torch, tensorflow, wasm, javascript];
