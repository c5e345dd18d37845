/** WebGPU, through TensorFlow.js's own backend, which the application loads (`@tensorflow/tfjs-backend-webgpu`). */
import { tf } from "../../tf.ts";
import { type BackendCandidate, plainBackend } from "../candidate.ts";

/** The candidate `webgpu`. */
export const webgpu: BackendCandidate = {
  name: "webgpu",
  load: async (request) => {
    if (!("gpu" in navigator)) throw new Error("this browser has no WebGPU");
    if (tf.findBackendFactory("webgpu") === null) {
      throw new Error('it is not loaded; import "@tensorflow/tfjs-backend-webgpu" first');
    }
    return plainBackend(request, {
      registeredName: "webgpu",
      device: "webgpu",
      threads: 1,
      library: `TensorFlow.js WebGPU ${tf.version["tfjs-core"]}`,
    });
  },
};
