import * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "../addon.ts";
import { defineKernel } from "./define.ts";

interface FillAttributes {
  readonly shape: number[];
  readonly value: number | boolean | string;
  readonly dtype?: tf.DataType;
}

interface RangeAttributes {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly dtype: "float32" | "int32";
}

/** Kernels that make a tensor from numbers alone. */
export function registerCreationKernels(addon: Addon): void {
  const fill = addon.kernel("Fill");
  defineKernel<FillAttributes>("Fill", ({ backend, attrs: { shape, value, dtype } }) => {
    if (typeof value === "string") {
      const strings = new Array<Uint8Array>(tf.util.sizeFromShape(shape)).fill(tf.util.encodeString(value));
      return backend.tensorFrom(strings, shape, "string");
    }
    const code = TypeCode[(dtype ?? tf.util.inferDtype(value)) as keyof typeof TypeCode];
    namingShape(shape, () => fill(shape, Number(value), code));
    return backend.output();
  });
  const linSpace = addon.kernel("LinSpace");
  defineKernel<{ start: number; stop: number; num: number }>("LinSpace", ({ backend, attrs }) => {
    namingShape([attrs.num], () => linSpace(attrs.start, attrs.stop, attrs.num));
    return backend.output();
  });
  const range = addon.kernel("Range");
  defineKernel<RangeAttributes>("Range", ({ backend, attrs: { start, stop, step, dtype } }) => {
    const signedStep = stop < start && step === 1 ? -1 : step;
    const size = Math.max(0, Math.ceil((stop - start) / signedStep));
    namingShape([size], () => range(start, signedStep, size, TypeCode[dtype]));
    return backend.output();
  });
  const normal = addon.kernel("Normal");
  defineKernel<{ runs: Int32Array }>("Normal", ({ backend, attrs }) => {
    normal(attrs.runs);
    return backend.output();
  });
}

/** Calls a kernel that has no inputs, whose shapes would tell what failed: the Error has the result's instead. */
function namingShape(shape: readonly number[], call: () => void): void {
  try {
    call();
  } catch (cause) {
    throw new Error(`${(cause as Error).message} (output: [${shape}])`, { cause });
  }
}
