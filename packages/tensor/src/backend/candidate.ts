/** What can compute: the type behind which `useBackend` sees torch, tensorflow, wasm, webgpu and plain JavaScript. */

/** The number format of activations and of copies of weights; see DESIGN 2.1. The logical dtype stays float32. */
export type Precision = "f32" | "bf16";

/** Names that `useBackend` takes; "auto" is the best present. */
export type BackendName = "auto" | "torch" | "tensorflow" | "wasm" | "webgpu" | "cpu";

/** Where to compute; "auto" is a GPU where the backend finds one. */
export type DeviceName = "auto" | "cpu" | "cuda" | `cuda:${number}` | "webgpu";

/** What a candidate is asked for. */
export type BackendRequest = { device: DeviceName; precision: "auto" | Precision; threads: number | undefined };

/** What a candidate gives once it has loaded. */
export type LoadedBackend = {
  /** The name under which TensorFlow.js knows it. */
  registeredName: string;
  device: string;
  precision: Precision;
  threads: number;
  /** What computes, with its version. */
  library: string;
  /** Remarks on how the request was met, such as a number of threads that cannot be had. */
  notes: string[];
};

/** One way to compute. `load` throws an Error that says why it cannot, or why it cannot as asked. */
export type BackendCandidate = {
  name: Exclude<BackendName, "auto">;
  load: (request: BackendRequest) => Promise<LoadedBackend>;
};

/**
 * What a backend with one device, float32 and no say in its threads gives. The number of threads is a note, not an
 * error, since it changes no result.
 * @throws RangeError when another device or precision is asked for.
 */
export function plainBackend(
  request: BackendRequest,
  found: { registeredName: string; device: string; threads: number; library: string },
): LoadedBackend {
  if (request.device !== "auto" && request.device !== found.device) {
    throw new RangeError(`it computes on ${found.device}, not on ${request.device}`);
  }
  if (request.precision === "bf16") throw new RangeError("it has no bf16, only f32");
  const isOtherThreads = request.threads !== undefined && request.threads !== found.threads;
  const notes = isOtherThreads
    ? [`its number of threads stays ${found.threads} (threads=${request.threads} asked)`]
    : [];
  return { ...found, precision: "f32", notes };
}
