import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

interface ReductionAttributes {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

/** Reductions over axes, scans along one axis, softmax and top-k. */
export function registerReductionKernels(addon: Addon): void {
  for (const name of ["All", "Any", "Max", "Mean", "Min", "Prod", "Sum"]) {
    const native = addon.kernel(name);
    defineKernel<ReductionAttributes>(name, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const axes = tf.util.parseAxisParam((attrs.axis ?? attrs.reductionIndices) as number | number[], x.shape);
      native(backend.handle(x), axes, attrs.keepDims === true);
      return backend.output();
    });
  }
  for (const name of ["ArgMax", "ArgMin"]) {
    const native = addon.kernel(name);
    defineKernel<{ axis: number }>(name, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      native(backend.handle(x), tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number);
      return backend.output();
    });
  }
  for (const name of ["Cumsum", "Cumprod"]) {
    const native = addon.kernel(name);
    defineKernel<{ axis: number; exclusive: boolean; reverse: boolean }>(name, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
      native(backend.handle(x), axis, attrs.exclusive, attrs.reverse);
      return backend.output();
    });
  }
  registerSoftmax(addon);
}

function registerSoftmax(addon: Addon): void {
  const softmax = addon.kernel("Softmax");
  defineKernel<{ dim: number }>("Softmax", ({ backend, inputs, attrs }) => {
    softmax(backend.handle(input(inputs, "logits")), attrs.dim);
    return backend.output();
  });
  const logSoftmax = addon.kernel("LogSoftmax");
  defineKernel<{ axis: number }>("LogSoftmax", ({ backend, inputs, attrs }) => {
    logSoftmax(backend.handle(input(inputs, "logits")), attrs.axis);
    return backend.output();
  });
  const topK = addon.kernel("TopK");
  defineKernel<{ k: number }>("TopK", ({ backend, inputs, attrs }) => {
    topK(backend.handle(input(inputs, "x")), attrs.k);
    return backend.outputs();
  });
}
