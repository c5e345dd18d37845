/**
 * The kernels that compute on strings and on ragged tensors, in JavaScript: strings live there whatever computes, and the
 * row boundaries of a ragged tensor must be read before the shape of the result is known. Both prepare data.
 *
 * They run the functions that TensorFlow.js registered for its own backend `cpu`, found by name, not by import: so there is
 * one copy of them and nothing is registered twice. Kernels that only move or compare strings are native (`strings.ts`).
 */
import * as tf from "@tensorflow/tfjs";
import type { TorchBackend } from "../torch-backend.ts";
import { defineKernel } from "./define.ts";

const KERNELS = [
  "RaggedGather",
  "RaggedRange",
  "RaggedTensorToTensor",
  "StaticRegexReplace",
  "StringNGrams",
  "StringSplit",
  "StringToHashBucketFast",
] as const;

/** What these kernels use of TensorFlow.js's `cpu` backend. */
interface CpuBackend {
  readonly data: { get(dataId: tf.DataId): { readonly values: tf.BackendValues } };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues | string[]): tf.TensorInfo;
}

/** Kernels of text and of rows of different lengths. */
export function registerRaggedAndStringKernels(): void {
  for (const name of KERNELS) {
    defineKernel<tf.NamedAttrMap>(name, ({ backend, inputs, attrs }) => {
      for (const { dtype } of Object.values(inputs).flat()) {
        // Real and imaginary parts lie in turns, which the kernels would take for elements.
        if (dtype === "complex64")
          throw new TypeError(`${name}: takes no complex64; give it tf.real and tf.imag apart`);
      }
      return tf.getKernel(name, "cpu").kernelFunc({ inputs, attrs, backend: asCpuBackend(backend) });
    });
  }
}

/** `backend` with the members of `cpu`: inputs are read from it, results written to it. */
function asCpuBackend(backend: TorchBackend): CpuBackend {
  return {
    data: { get: (dataId) => ({ values: backend.readSync(dataId) }) },
    makeTensorInfo: (shape, dtype, values) => backend.tensorFrom(encoded(values), shape, dtype),
  };
}

/** Strings as the bytes that backends hold; anything else as it is. */
function encoded(values: tf.BackendValues | string[]): tf.BackendValues {
  return typeof values[0] === "string"
    ? (values as string[]).map((text) => tf.util.encodeString(text))
    : (values as tf.BackendValues);
}
