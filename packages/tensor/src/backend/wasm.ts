/** WebAssembly, through the optional peer `@tensorflow/tfjs-backend-wasm`, with what it lacks: gradient kernels, fast products. */
import { tf } from "../tf.ts";
import { type BackendCandidate, plainBackend } from "./candidate.ts";
import { importOptional } from "./import-optional.ts";
import { registerMissingWasmKernels } from "./wasm-kernels.ts";
import { registerFastWasmProducts } from "./wasm-products.ts";

/** The candidate `wasm`. In a browser the application imports the package itself, with its file paths. */
export const wasm: BackendCandidate = {
  name: "wasm",
  load: async (request) => {
    if (tf.findBackendFactory("wasm") === null) await importOptional("@tensorflow/tfjs-backend-wasm");
    registerMissingWasmKernels();
    registerFastWasmProducts();
    return plainBackend(request, {
      registeredName: "wasm",
      device: "cpu",
      threads: 1,
      library: `TensorFlow.js WebAssembly ${tf.version["tfjs-core"]}`,
    });
  },
};
