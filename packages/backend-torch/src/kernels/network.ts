import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

interface ResponseAttributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

interface DilationAttributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dilations: number | [number, number];
}

/** Rarer layers: local response normalisation, morphological dilation, Fourier transforms. */
export function registerNetworkKernels(addon: Addon): void {
  const response = addon.kernel("LRN");
  defineKernel<ResponseAttributes>("LRN", ({ backend, inputs, attrs }) => {
    response(backend.handle(input(inputs, "x")), attrs.depthRadius, attrs.bias, attrs.alpha, attrs.beta);
    return backend.output();
  });
  const responseGrad = addon.kernel("LRNGrad");
  defineKernel<ResponseAttributes>("LRNGrad", ({ backend, inputs, attrs }) => {
    const handles = ["x", "y", "dy"].map((name) => backend.handle(input(inputs, name)));
    responseGrad(...handles, attrs.depthRadius, attrs.bias, attrs.alpha, attrs.beta);
    return backend.output();
  });
  for (const name of ["FFT", "IFFT"]) {
    const transform = addon.kernel(name);
    defineKernel(name, ({ backend, inputs }) => {
      transform(backend.handle(input(inputs, "input")));
      return backend.output();
    });
  }
  registerDilation(addon);
}

function registerDilation(addon: Addon): void {
  const names = { Dilation2D: ["x", "filter"] };
  const gradients = ["Dilation2DBackpropFilter", "Dilation2DBackpropInput"].map((name) => [
    name,
    ["x", "filter", "dy"],
  ]);
  for (const [name, inputNames] of [...Object.entries(names), ...(gradients as [string, string[]][])]) {
    const native = addon.kernel(name);
    defineKernel<DilationAttributes>(name, ({ backend, inputs, attrs }) => {
      const handles = inputNames.map((key) => backend.handle(input(inputs, key)));
      native(...handles, dilationGeometry(input(inputs, "x"), input(inputs, "filter"), attrs));
      return backend.output();
    });
  }
}

/** In the order of `native/compute/dilation.h`. */
function dilationGeometry(x: tf.TensorInfo, filter: tf.TensorInfo, attrs: DilationAttributes): number[] {
  const info = tf.backend_util.computeDilation2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number],
    attrs.strides,
    attrs.pad,
    "NHWC",
    attrs.dilations,
  );
  return [
    ...[info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.top, info.padInfo.left],
    ...[info.outHeight, info.outWidth],
  ];
}
