/** TensorFlow.js's own plain JavaScript backend: always there, slow. */
import { tf } from "../tf.ts";
import { type BackendCandidate, plainBackend } from "./candidate.ts";

/** The candidate `cpu`. */
export const javascript: BackendCandidate = {
  name: "cpu",
  load: async (request) =>
    plainBackend(request, {
      registeredName: "cpu",
      device: "cpu",
      threads: 1,
      library: `TensorFlow.js JavaScript ${tf.version["tfjs-core"]}`,
    }),
};
