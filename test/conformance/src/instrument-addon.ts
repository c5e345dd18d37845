/**
 * Steps between `backend-torch` and its addon, without a line in either: `process.dlopen` hands out wrapped functions.
 * So it is seen which native functions a kernel calls, and float32 tensors can be stored as bfloat16.
 */
import { tf } from "@interfuse/tensor";

/** Type codes of `native/compute/type_codes.h`. */
const FLOAT32 = 0;
const BFLOAT16 = 4;

type Functions = Record<string, (...args: unknown[]) => unknown>;

/** What has been seen of the kernels. */
export interface NativeCalls {
  /** Names of the registered kernels, sorted. */
  readonly kernels: readonly string[];
  /** Names of the addon's functions. */
  readonly functions: readonly string[];
  /** For each kernel that was called: the functions of the addon that it called, sorted. */
  readonly byKernel: Readonly<Record<string, readonly string[]>>;
}

/** Call before the backend loads. @param storeBfloat16 whether what is written as float32 is stored as bfloat16 */
export function instrumentAddon({ storeBfloat16 }: { storeBfloat16: boolean }): { watchKernels(): () => NativeCalls } {
  const names = new Set<string>();
  const byKernel = new Map<string, Set<string>>();
  let current: Set<string> | undefined;
  const load = process.dlopen;
  process.dlopen = (module: object, ...rest) => {
    load.call(process, module, ...rest);
    const loaded = module as { exports: Functions };
    if (loaded.exports.meta === undefined) return;
    const wrapped: Functions = {};
    for (const [name, run] of Object.entries(loaded.exports)) {
      names.add(name);
      const call = name === "write" && storeBfloat16 ? writingBfloat16(run) : run;
      wrapped[name] = (...args) => {
        current?.add(name);
        return call(...args);
      };
    }
    loaded.exports = wrapped;
  };
  return {
    /** Call when the backend's kernels are registered. Returns a function that tells what was seen so far. */
    watchKernels() {
      const kernels = tf.getKernelsForBackend("torch");
      for (const kernel of kernels) {
        const { kernelName, kernelFunc } = kernel;
        const watched: typeof kernelFunc = (call) => {
          const called = byKernel.get(kernelName) ?? new Set();
          byKernel.set(kernelName, called);
          // Numbers stand for strings, which brings them from and to JavaScript whatever the kernel does.
          if (Object.values(call.inputs).some((input) => input?.dtype === "string")) return kernelFunc(call);
          const outer = current;
          current = called;
          try {
            return kernelFunc(call);
          } finally {
            current = outer;
          }
        };
        Object.assign(kernel, { kernelFunc: watched });
      }
      return () => ({
        kernels: kernels.map(({ kernelName }) => kernelName).sort(),
        functions: [...names],
        byKernel: Object.fromEntries([...byKernel].map(([kernel, called]) => [kernel, [...called].sort()])),
      });
    },
  };
}

/** `write` of the addon, with float32 values rounded to bfloat16 (to nearest, ties to even) on the way. */
function writingBfloat16(write: Functions[string]): Functions[string] {
  return (values, typeCode, shape) => {
    if (typeCode !== FLOAT32) return write?.(values, typeCode, shape);
    const floats = values as Float32Array;
    const bits = new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
    const rounded = Uint16Array.from(bits, (word, i) =>
      Number.isNaN(floats[i]) ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
    );
    return write?.(rounded, BFLOAT16, shape);
  };
}
