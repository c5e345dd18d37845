import type * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "../addon.ts";
import { defineKernel } from "./define.ts";

/** Kernels that make a tensor from numbers alone. */
export function registerCreationKernels(addon: Addon): void {
  const fill = addon.kernel("Fill");
  defineKernel<{ shape: number[]; value: number; dtype?: tf.DataType }>("Fill", ({ backend, attrs }) => {
    fill(attrs.shape, attrs.value, TypeCode[(attrs.dtype ?? "float32") as keyof typeof TypeCode]);
    return backend.output();
  });
  const linSpace = addon.kernel("LinSpace");
  defineKernel<{ start: number; stop: number; num: number }>("LinSpace", ({ backend, attrs }) => {
    linSpace(attrs.start, attrs.stop, attrs.num);
    return backend.output();
  });
  defineKernel<{ start: number; stop: number; step: number; dtype: "float32" | "int32" }>(
    "Range",
    ({ backend, attrs }) => {
      const step = attrs.stop < attrs.start && attrs.step === 1 ? -1 : attrs.step;
      const size = Math.max(0, Math.ceil((attrs.stop - attrs.start) / step));
      const values = attrs.dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
      for (let i = 0; i < size; i++) values[i] = attrs.start + i * step;
      return backend.tensorFrom(values, [size], attrs.dtype);
    },
  );
}
