import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input, inputList } from "./define.ts";

interface MatMulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface FusedMatMulAttributes extends MatMulAttributes {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** TensorFlow.js's default slope of `leakyrelu` as a fused activation. */
const DEFAULT_LEAKY_ALPHA = 0.2;

/** @throws Error in TensorFlow.js's words for an equation that it does not take, or that does not fit the operands */
function checkEinsum(equation: string, operands: tf.TensorInfo[]): void {
  const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as tf.Tensor[]);
  tf.backend_util.getEinsumComputePath(summedDims, idDims);
}

/** Matrix products and batch normalisation. */
export function registerProductKernels(addon: Addon): void {
  const batchMatMul = addon.kernel("BatchMatMul");
  defineKernel<MatMulAttributes>("BatchMatMul", ({ backend, inputs, attrs }) => {
    batchMatMul(
      backend.handle(input(inputs, "a")),
      backend.handle(input(inputs, "b")),
      attrs.transposeA,
      attrs.transposeB,
    );
    return backend.output();
  });
  const fusedMatMul = addon.kernel("_FusedMatMul");
  defineKernel<FusedMatMulAttributes>("_FusedMatMul", ({ backend, inputs, attrs }) => {
    fusedMatMul(
      backend.handle(input(inputs, "a")),
      backend.handle(input(inputs, "b")),
      backend.optionalHandle(inputs.bias),
      backend.optionalHandle(inputs.preluActivationWeights),
      attrs.transposeA,
      attrs.transposeB,
      attrs.activation ?? "linear",
      attrs.leakyreluAlpha ?? DEFAULT_LEAKY_ALPHA,
    );
    return backend.output();
  });
  const einsum = addon.kernel("Einsum");
  defineKernel<{ equation: string }>("Einsum", ({ backend, inputs, attrs }) => {
    const operands = inputList(inputs);
    checkEinsum(attrs.equation, operands);
    einsum(attrs.equation, backend.handles(operands));
    return backend.output();
  });
  const batchNorm = addon.kernel("FusedBatchNorm");
  defineKernel<{ varianceEpsilon: number }>("FusedBatchNorm", ({ backend, inputs, attrs }) => {
    batchNorm(
      backend.handle(input(inputs, "x")),
      backend.handle(input(inputs, "mean")),
      backend.handle(input(inputs, "variance")),
      backend.optionalHandle(inputs.offset),
      backend.optionalHandle(inputs.scale),
      attrs.varianceEpsilon ?? 1e-3,
    );
    return backend.output();
  });
}
