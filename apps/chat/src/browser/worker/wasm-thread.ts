/**
 * The entry of a thread of TensorFlow.js's wasm backend: what Emscripten's own `*.worker.js` does, as a module. The original is
 * started from `blob:` URLs made of source text, which the page's content-security policy forbids and a bundler breaks.
 */
import startModule from "@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.js";

/** What Emscripten sends to a thread. */
type ThreadMessage =
  | {
      readonly cmd: "load";
      readonly wasmModule: WebAssembly.Module;
      readonly wasmMemory: WebAssembly.Memory;
      readonly handlers: readonly string[];
    }
  | { readonly cmd: "run"; readonly pthread_ptr: number; readonly start_routine: number; readonly arg: number }
  | { readonly cmd: "cancel" }
  | { readonly cmd: "processProxyingQueue"; readonly queue: number }
  | { readonly cmd?: undefined };

/** What a thread uses of Emscripten's module. */
type ThreadModule = Record<string, unknown> & {
  readonly PThread: { receiveObjectTransfer(data: unknown): void; threadInitTLS(): void };
  readonly ExitStatus: new (...args: unknown[]) => Error & { readonly status: number };
  __emscripten_thread_init(
    pthread: number,
    isMainBrowserThread: number,
    isMainRuntimeThread: number,
    canBlock: number,
  ): void;
  __emscripten_thread_exit(status: number): void;
  establishStackSpace(): void;
  executeNotifiedProxyingQueue(queue: number): void;
  invokeEntryPoint(startRoutine: number, argument: number): void;
  keepRuntimeAlive(): boolean;
  _pthread_self(): number;
};

const thread = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: (event: MessageEvent<ThreadMessage>) => void;
  /** Called by Emscripten once the module is ready. */
  startWorker: (module: ThreadModule) => void;
};

let module: ThreadModule;
let hasRun = false;
let queues: number[] = [];

thread.startWorker = (instance) => {
  module = instance;
  thread.postMessage({ cmd: "loaded" });
};

thread.onmessage = ({ data }) => {
  switch (data.cmd) {
    case "load":
      return load(data);
    case "run":
      return run(data);
    case "cancel":
      if (module._pthread_self()) module.__emscripten_thread_exit(-1);
      return;
    case "processProxyingQueue":
      if (hasRun) module.executeNotifiedProxyingQueue(data.queue);
      else queues.push(data.queue);
  }
};

function load({ wasmModule, wasmMemory, handlers }: Extract<ThreadMessage, { cmd: "load" }>): void {
  const forwarded = handlers.map((handler) => [
    handler,
    (...args: unknown[]) => thread.postMessage({ cmd: "callHandler", handler, args }),
  ]);
  startModule({
    ...Object.fromEntries(forwarded),
    wasmModule,
    wasmMemory,
    buffer: wasmMemory.buffer,
    ENVIRONMENT_IS_PTHREAD: true,
    instantiateWasm: (imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) => {
      const instance = new WebAssembly.Instance(wasmModule, imports);
      receive(instance);
      return instance.exports;
    },
  });
}

function run(message: Extract<ThreadMessage, { cmd: "run" }>): void {
  module.__emscripten_thread_init(message.pthread_ptr, 0, 0, 1);
  module.establishStackSpace();
  module.PThread.receiveObjectTransfer(message);
  module.PThread.threadInitTLS();
  hasRun = true;
  for (const queue of queues) module.executeNotifiedProxyingQueue(queue);
  queues = [];
  try {
    module.invokeEntryPoint(message.start_routine, message.arg);
  } catch (error) {
    if (error === "unwind") return;
    if (!(error instanceof module.ExitStatus)) throw error;
    if (!module.keepRuntimeAlive()) module.__emscripten_thread_exit(error.status);
  }
}
