/** TensorFlow through the optional peers `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`. */
import util from "node:util";
import { tf } from "../../tf.ts";
import { type BackendCandidate, plainBackend } from "../candidate.ts";
import { importOptional } from "../import-optional.ts";

/** The candidate `tensorflow`. */
export const tensorflow: BackendCandidate = {
  name: "tensorflow",
  load: async (request) => {
    restoreRemovedUtils();
    const failures: string[] = [];
    for (const { packageName, device } of [
      { packageName: "@tensorflow/tfjs-node-gpu", device: "cuda" },
      { packageName: "@tensorflow/tfjs-node", device: "cpu" },
    ]) {
      try {
        await importOptional(packageName);
        return plainBackend(request, {
          registeredName: "tensorflow",
          device,
          threads: (await import("node:os")).availableParallelism(),
          library: `${packageName} ${tf.version["tfjs-core"]}`,
        });
      } catch (error) {
        failures.push((error as Error).message);
      }
    }
    throw new Error(failures.join("; "));
  },
};

/** tfjs-node 4.22 calls two functions of `util` that Node 23 removed. */
function restoreRemovedUtils(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
}
