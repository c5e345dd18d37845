/** What the page and its model worker say to each other. Everything here is plain data that can be cloned. */
import type { BackendName, BackendReport } from "@interfuse/tensor";
import type { LoadedModel, WorkerMessage, WorkerRequest } from "../engine/protocol.ts";

/** A file of a picked folder by its path in it, with "/" between names. */
export type PickedFile = { readonly path: string; readonly file: File };

/** Where a model folder lies. */
export type ModelPlace =
  /** Served somewhere: the folder's URL, absolute; with the key that its server wants, where it wants one. */
  | { readonly kind: "url"; readonly url: string; readonly apiKey?: string }
  /** Picked or dropped by the user. */
  | { readonly kind: "folder"; readonly name: string; readonly files: readonly PickedFile[] }
  /** Kept in this browser when it was opened before. */
  | { readonly kind: "kept"; readonly id: string };

export type BrowserBackend = Extract<BackendName, "auto" | "webgpu" | "wasm" | "cpu">;

/** What a worker is told first. */
export type OpenRequest = {
  readonly type: "open";
  readonly place: ModelPlace;
  /** "auto" takes WebGPU, else wasm, else plain JavaScript. */
  readonly backend: BrowserBackend;
  /** Threads of wasm; half the processors unless given. More than one need a cross-origin isolated page. */
  readonly threads?: number;
};

/** How far the loading has come. */
export type LoadProgress =
  | { readonly stage: "starting" }
  /** `totalBytes` grows as the sizes of further files become known. */
  | { readonly stage: "reading"; readonly path: string; readonly loadedBytes: number; readonly totalBytes: number };

/** A model loaded in the browser. */
export type LoadedBrowserModel = Omit<LoadedModel, "backend"> & {
  /** The same for the same folder, after a reload too. */
  readonly id: string;
  /** The folder's name. */
  readonly name: string;
  readonly numParameters: number;
  /** Of all its files. */
  readonly numBytes: number;
  readonly backend: BackendReport;
  /** Whether it can be opened again without the network or the folder; if not, `notKeptReason` says why. */
  readonly isKept: boolean;
  readonly notKeptReason?: string;
};

export type ToWorker = OpenRequest | WorkerRequest;

/** First `progress` any number of times, then `ready` or `failed`, then one `step` for each step of the model. */
export type FromWorker =
  | { readonly type: "progress"; readonly progress: LoadProgress }
  | { readonly type: "ready"; readonly model: LoadedBrowserModel }
  | { readonly type: "failed"; readonly message: string }
  | Extract<WorkerMessage, { type: "step" }>;
