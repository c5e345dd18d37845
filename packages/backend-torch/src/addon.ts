/**
 * The compiled addon as TypeScript sees it. Tensors live in slots behind small integer handles; a call's results come
 * back through `meta`, an Int32Array shared with C++: [count, then per result: handle, type code, rank, sizes...].
 */

/** Type codes shared with `native/compute/type_codes.h`. */
export const TypeCode = { float32: 0, int32: 1, bool: 2, complex64: 3, bfloat16: 4 } as const;

/** What may be passed to a kernel: handles and numbers, flags, names, lists. Which, is up to the C++ signature. */
export type NativeArgument = number | boolean | string | readonly number[] | Int32Array;

/** A kernel of the addon; its results are in `meta` afterwards. @throws Error naming the kernel, on any C++ failure */
export type NativeKernel = (...args: readonly NativeArgument[]) => void;

/** The addon's functions that are not kernels. */
export interface AddonFunctions {
  write(values: ArrayBufferView, typeCode: number, shape: readonly number[]): void;
  /** Copies a tensor's values into `into`, widened to float32 where stored as bfloat16. */
  read(handle: number, into: ArrayBufferView): void;
  /** The same copy in another thread; `done` is called when it is made, with a message if the device failed. The tensor may be disposed meanwhile. */
  readLater(handle: number, into: ArrayBufferView, done: (failure: string | undefined) => void): void;
  /** Where the calling thread computes from now on: "cpu", "cuda", "cuda:1", "auto". @throws Error saying why it cannot */
  useDevice(name: string): void;
  /** For example "cpu" or "cuda:0". */
  device(): string;
  /** Why "auto" is the processor; empty when it is not. */
  whyNoAccelerator(): string;
  /** Bytes on the thread's device: in tensors, held by libtorch, the most in tensors so far. Zeros on the processor. */
  deviceMemory(): [inUse: number, reserved: number, peak: number];
  /** Name, compute capability and bytes of the NVIDIA card on which the thread computes. */
  card(): [name: string, capability: number, bytes: number] | undefined;
  /** Waits until the device has done all it was told. */
  synchronize(): void;
  dispose(handle: number): void;
  meta(): Int32Array;
  slotsInUse(): number;
  /** Frees every slot of this thread. */
  disposeAll(): void;
  /** Whether fused kernels store their activations as bfloat16, on this thread. */
  setBfloat16(enabled: boolean): void;
  setThreads(count: number): void;
  threads(): number;
  torchVersion(): string;
}

/** The addon: its data functions and, by name, its kernels. */
export interface Addon {
  readonly functions: AddonFunctions;
  readonly meta: Int32Array;
  /** @throws Error when the addon has no such kernel (it was compiled from other sources) */
  kernel(name: string): NativeKernel;
}

/** Wraps the raw exports of a loaded addon. */
export function wrapAddon(exports: object): Addon {
  const functions = exports as AddonFunctions;
  const kernels = exports as Readonly<Record<string, NativeKernel | undefined>>;
  return {
    functions,
    meta: functions.meta(),
    kernel(name) {
      const kernel = kernels[name];
      if (kernel === undefined) {
        throw new Error(`backend-torch: the addon lacks kernel "${name}"; run "npx @interfuse/backend-torch setup"`);
      }
      return kernel;
    },
  };
}
