/**
 * TensorFlow through the optional peers `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`, which must use the same
 * copy of `@tensorflow/tfjs` as this package.
 */
import { availableParallelism } from "node:os";
import util from "node:util";
import { tf } from "../../tf.ts";
import { type BackendCandidate, plainBackend } from "../candidate.ts";
import { importOptional } from "../import-optional.ts";

const PACKAGES = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];
const NAME = "tensorflow";

/** What this file uses of tfjs-node's backend. */
type TensorflowBackend = tf.KernelBackend & {
  readonly isUsingGpuDevice: boolean;
  readonly binding: { readonly TF_Version: string };
};

/** The candidate `tensorflow`. */
export const tensorflow: BackendCandidate = {
  name: NAME,
  load: async (request) => {
    restoreRemovedUtils();
    // biome-ignore lint/style/noProcessEnv: libtensorflow's only switch for what it prints when it loads
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
    const packageName = await importFirst();
    const backend = tf.findBackend(NAME) as TensorflowBackend;
    return plainBackend(request, {
      registeredName: NAME,
      device: backend.isUsingGpuDevice ? "cuda" : "cpu",
      threads: availableParallelism(),
      library: `libtensorflow ${backend.binding.TF_Version} (${packageName} ${tf.version["tfjs-core"]})`,
    });
  },
};

/**
 * Imports the first of the packages that loads.
 * @returns its name
 * @throws Error saying why none does
 */
async function importFirst(): Promise<string> {
  const failures: string[] = [];
  for (const packageName of PACKAGES) {
    try {
      const { Tensor } = await importOptional<typeof tf>(packageName);
      if (Tensor === tf.Tensor) return packageName;
      failures.push(`${packageName} has a copy of @tensorflow/tfjs of its own; both must use the same`);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  throw new Error(failures.join("; "));
}

/** tfjs-node 4.22 calls two functions of `util` that Node 23 removed. */
function restoreRemovedUtils(): void {
  const legacy = util as unknown as Record<string, unknown>;
  legacy.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  legacy.isArray ??= Array.isArray;
}
