import * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "./addon.ts";
import { ForgottenTensors, type Watched } from "./forgotten-tensors.ts";

/** What a TensorFlow.js data id stands for on this backend; the handle is -1 for strings, which stay in JavaScript. */
interface TensorData extends Watched {
  readonly dtype: tf.DataType;
  readonly size: number;
  readonly strings?: Uint8Array[];
}

/** What `tf.memory()` says beyond numbers of tensors. */
export interface TorchMemory {
  readonly unreliable: boolean;
  readonly numBytesInGPU?: number;
  readonly numBytesInGPUAllocated?: number;
  readonly peakBytesInGPU?: number;
}

const NO_SLOT = -1;
/** Reads of more bytes are made in another thread: a copy of this size takes about a millisecond. */
const LARGE_READ = 4 << 20;
const DTYPES: readonly tf.DataType[] = ["float32", "int32", "bool", "complex64", "float32"];

/**
 * TensorFlow.js's view of libtorch: data ids are reference-counted slots of the addon, kernels (see `kernels/`) take
 * handles and give handles. The logical type float32 may be stored as bfloat16; reading always widens.
 */
export class TorchBackend extends tf.KernelBackend {
  readonly addon: Addon;
  private data: tf.DataStorage<TensorData>;
  private readonly meta: Int32Array;
  private readonly forgotten: ForgottenTensors;
  private numForgotten = 0;

  constructor(addon: Addon) {
    super();
    this.addon = addon;
    this.meta = addon.meta;
    this.data = new tf.DataStorage(this, tf.engine());
    this.forgotten = new ForgottenTensors((handle) => {
      addon.functions.dispose(handle);
      this.numForgotten++;
    });
  }

  /**
   * The handle of an input; moves it here from another backend when need be.
   * @throws TypeError for a string tensor, which has none; Error for a tensor that was disposed
   */
  handle(input: tf.TensorInfo): number {
    const { handle } = this.entryOf(input);
    if (handle === NO_SLOT) throw new TypeError("backend-torch: the kernel does not take string tensors");
    return handle;
  }

  /** Handles of several inputs. */
  handles(inputs: readonly tf.TensorInfo[]): number[] {
    return inputs.map((input) => this.handle(input));
  }

  /** The handle of an optional input, -1 when it is absent. */
  optionalHandle(input: tf.TensorInfo | undefined | null): number {
    return input === undefined || input === null ? NO_SLOT : this.handle(input);
  }

  /** The only result of the kernel just called. */
  output(): tf.TensorInfo {
    return this.resultAt(1).info;
  }

  /** All results of the kernel just called. */
  outputs(): tf.TensorInfo[] {
    const results: tf.TensorInfo[] = [];
    let offset = 1;
    for (let i = 0; i < (this.meta[0] as number); i++) {
      const { info, next } = this.resultAt(offset);
      results.push(info);
      offset = next;
    }
    return results;
  }

  /** The same data under one more reference, as `Identity` gives it. */
  shared(input: tf.TensorInfo): tf.TensorInfo {
    this.entryOf(input).refCount++;
    return { dataId: input.dataId, shape: input.shape, dtype: input.dtype };
  }

  /** The encoded strings of a string tensor. */
  stringsOf(input: tf.TensorInfo): Uint8Array[] {
    return this.data.get(input.dataId).strings ?? [];
  }

  /** A tensor on this backend from JavaScript values. */
  tensorFrom(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.TensorInfo {
    return { dataId: this.write(values, shape, dtype), shape, dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  // biome-ignore lint/complexity/useMaxParams: TensorFlow.js gives the signature
  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void {
    const size = tf.util.sizeFromShape(shape);
    if (dtype === "string") {
      const strings = values as Uint8Array[];
      this.data.set(dataId, { dataId, handle: NO_SLOT, dtype, size, refCount, isRegistered: false, strings });
      return;
    }
    try {
      this.addon.functions.write(typedValues(values, dtype), TypeCode[dtype as keyof typeof TypeCode], shape);
    } catch (cause) {
      throw new Error(`${(cause as Error).message} (tensor: ${dtype}[${shape}])`, { cause });
    }
    this.keep({ dataId, handle: this.meta[1] as number, dtype, size, refCount, isRegistered: false });
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const { handle, dtype, size, strings } = this.data.get(dataId);
    if (strings !== undefined) return strings;
    const values = arrayFor(dtype, size);
    this.addon.functions.read(handle, values);
    return values;
  }

  /**
   * Small data at once when the processor has it; what is large or must be waited for is copied in another thread, and
   * may be disposed or overwritten meanwhile.
   */
  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    const { handle, dtype, size, strings } = this.data.get(dataId);
    if (strings !== undefined) return strings;
    const values = arrayFor(dtype, size);
    if (values.byteLength <= LARGE_READ && this.isOnProcessor()) this.addon.functions.read(handle, values);
    else await this.readLater(handle, values);
    return values;
  }

  /** Drops a reference; true only when the data is gone (true earlier would make every saved tensor leak). */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.data.has(dataId)) return true;
    const entry = this.data.get(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    entry.refCount = 0;
    if (entry.handle !== NO_SLOT) {
      this.forgotten.unwatch(entry);
      this.addon.functions.dispose(entry.handle);
    }
    this.data.delete(dataId);
    return true;
  }

  override refCount(dataId: tf.DataId): number {
    return this.data.has(dataId) ? this.data.get(dataId).refCount : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.data.get(dataId).refCount++;
  }

  override numDataIds(): number {
    return this.data.numDataIds() - this.numForgotten;
  }

  /** On an accelerator also the bytes that tensors take there, what libtorch holds, and the most tensors have taken. */
  override memory(): TorchMemory {
    if (this.isOnProcessor()) return { unreliable: false };
    const [numBytesInGPU, numBytesInGPUAllocated, peakBytesInGPU] = this.addon.functions.deviceMemory();
    return { unreliable: false, numBytesInGPU, numBytesInGPUAllocated, peakBytesInGPU };
  }

  override timerAvailable(): boolean {
    return true;
  }

  /** Wall-clock milliseconds of `run`, until the device is done with it. */
  override async time(run: () => void): Promise<{ kernelMs: number }> {
    const { functions } = this.addon;
    functions.synchronize();
    const start = performance.now();
    run();
    functions.synchronize();
    return { kernelMs: performance.now() - start };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  /** Tensors that outlive the backend are refused from now on: their slots will be others'. */
  override dispose(): void {
    this.forgotten.stop();
    this.addon.functions.disposeAll();
    this.data = new tf.DataStorage(this, {
      moveData() {
        throw new Error("backend-torch: the tensor was on a backend that was removed; read it before tf.removeBackend");
      },
    });
  }

  private async readLater(handle: number, into: ArrayBufferView): Promise<void> {
    const failure = await new Promise<string | undefined>((resolve) =>
      this.addon.functions.readLater(handle, into, resolve),
    );
    if (failure !== undefined) throw new Error(`read: ${failure}`);
  }

  private entryOf(input: tf.TensorInfo): TensorData {
    try {
      return this.data.get(input.dataId);
    } catch (cause) {
      if (!(input instanceof tf.Tensor && input.isDisposed)) throw cause;
      throw new Error(`backend-torch: an input (${input.dtype}[${input.shape}]) is disposed`, { cause });
    }
  }

  private isOnProcessor(): boolean {
    return this.addon.functions.device() === "cpu";
  }

  private keep(entry: TensorData): void {
    this.data.set(entry.dataId, entry);
    this.forgotten.watch(entry);
  }

  private resultAt(offset: number): { info: tf.TensorInfo; next: number } {
    const { meta } = this;
    const dtype = DTYPES[meta[offset + 1] as number] as tf.DataType;
    const rank = meta[offset + 2] as number;
    const shape = new Array<number>(rank);
    let size = 1;
    for (let i = 0; i < rank; i++) size *= shape[i] = meta[offset + 3 + i] as number;
    const dataId = {};
    this.keep({ dataId, handle: meta[offset] as number, dtype, size, refCount: 1, isRegistered: false });
    return { info: { dataId, shape, dtype }, next: offset + 3 + rank };
  }
}

/** A typed array that holds `size` elements. */
function arrayFor(dtype: tf.DataType, size: number): Float32Array | Int32Array | Uint8Array {
  if (dtype === "int32") return new Int32Array(size);
  if (dtype === "bool") return new Uint8Array(size);
  return new Float32Array(dtype === "complex64" ? 2 * size : size);
}

/** `values` as the typed array that holds `dtype`; the same object when it is one already. */
function typedValues(values: tf.BackendValues, dtype: tf.DataType): ArrayBufferView {
  const numbers = values as unknown as ArrayLike<number>;
  if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(numbers);
  if (dtype === "bool") return values instanceof Uint8Array ? values : Uint8Array.from(numbers);
  return values instanceof Float32Array ? values : Float32Array.from(numbers);
}
