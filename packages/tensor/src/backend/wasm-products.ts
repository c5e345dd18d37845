/**
 * Matrix products of TensorFlow.js's wasm backend with transposed operands, which it computes by a plain loop, 10 to 40 times slower
 * than the others: operands are transposed first. A second operand that comes back (a weight: y = x Wᵀ) keeps its transpose, and
 * with it the copy that XNNPACK packs of it, until it is disposed; a weight then takes three times its memory.
 */
import { tf } from "../tf.ts";

/** What these kernels use of the wasm backend. */
type WasmBackend = Pick<tf.KernelBackend, "disposeData">;

type Product = {
  inputs: { a: tf.TensorInfo; b: tf.TensorInfo };
  backend: WasmBackend;
  attrs: { transposeA: boolean; transposeB: boolean };
};

type Kernel = (call: { inputs: object; backend: WasmBackend; attrs: object }) => tf.TensorInfo;

/** Replaces the backend's kernel `BatchMatMul`; does nothing when it has been replaced. */
export function registerFastWasmProducts(): void {
  const config = tf.getKernel("BatchMatMul", "wasm");
  const transpose = tf.getKernel("Transpose", "wasm");
  if (config == null || transpose == null || replaced.has(config.kernelFunc)) return;
  const kernelFunc = fastProduct(config.kernelFunc as unknown as Kernel, transpose.kernelFunc as unknown as Kernel);
  replaced.add(kernelFunc as unknown as tf.KernelFunc);
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({ ...config, kernelFunc: kernelFunc as unknown as tf.KernelFunc });
}

const replaced = new WeakSet<tf.KernelFunc>();

function fastProduct(product: Kernel, transposeKernel: Kernel): (call: Product) => tf.TensorInfo {
  const kept = new KeptTransposes();
  const transpose = (x: tf.TensorInfo, backend: WasmBackend) => {
    const rank = x.shape.length;
    const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
    return transposeKernel({ inputs: { x }, backend, attrs: { perm } });
  };
  return ({ inputs, backend, attrs }) => {
    const { transposeA, transposeB } = attrs;
    const a = transposeA ? transpose(inputs.a, backend) : inputs.a;
    const b = transposeB ? (kept.get(inputs.b) ?? transpose(inputs.b, backend)) : inputs.b;
    const y = product({ inputs: { a, b }, backend, attrs: { ...attrs, transposeA: false, transposeB: false } });
    if (transposeA) backend.disposeData(a.dataId);
    if (transposeB && !kept.keep(inputs.b, b, backend)) backend.disposeData(b.dataId);
    return y;
  };
}

/** Transposes of operands that were used twice, each until its operand is disposed. */
class KeptTransposes {
  /** By the operand's data; `undefined` after its first use. */
  readonly #transposes = new WeakMap<tf.DataId, tf.TensorInfo | undefined>();
  readonly #watched = new WeakSet<WasmBackend>();

  get({ dataId, shape }: tf.TensorInfo): tf.TensorInfo | undefined {
    const found = this.#transposes.get(dataId);
    // A reshaped tensor shares its data; its transpose is another one.
    return found !== undefined && isTransposed(found.shape, shape) ? found : undefined;
  }

  /** Takes the transpose if the operand was used before; returns whether it has it. */
  keep({ dataId }: tf.TensorInfo, transposed: tf.TensorInfo, backend: WasmBackend): boolean {
    const found = this.#transposes.get(dataId);
    if (found !== undefined) return found === transposed;
    const isSecondUse = this.#transposes.has(dataId);
    this.#transposes.set(dataId, isSecondUse ? transposed : undefined);
    if (isSecondUse) this.#watch(backend);
    return isSecondUse;
  }

  /** From now on the backend disposes a transpose with its operand. */
  #watch(backend: WasmBackend): void {
    if (this.#watched.has(backend)) return;
    this.#watched.add(backend);
    const dispose = backend.disposeData.bind(backend);
    backend.disposeData = (dataId: tf.DataId, force?: boolean) => {
      const isGone = dispose(dataId, force);
      const transposed = isGone ? this.#transposes.get(dataId) : undefined;
      if (transposed !== undefined) {
        this.#transposes.delete(dataId);
        dispose(transposed.dataId);
      }
      return isGone;
    };
  }
}

function isTransposed(transposed: readonly number[], shape: readonly number[]): boolean {
  const rank = shape.length;
  const expected = [...shape.slice(0, -2), shape[rank - 1], shape[rank - 2]];
  return transposed.length === rank && transposed.every((size, axis) => size === expected[axis]);
}
