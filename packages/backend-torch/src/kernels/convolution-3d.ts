import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

type Shape5D = [number, number, number, number, number];

interface Convolution3dAttributes {
  readonly strides: number | [number, number, number];
  readonly pad: "valid" | "same";
  readonly dilations?: number | [number, number, number];
  readonly filterShape: Shape5D;
  readonly inputShape: Shape5D;
}

/** Three-dimensional convolution with its gradients, channels last. */
export function registerConvolution3dKernels(addon: Addon): void {
  const forward = addon.kernel("Conv3D");
  defineKernel<Convolution3dAttributes>("Conv3D", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const filter = input(inputs, "filter");
    const geometry = geometryOf(x.shape as Shape5D, filter.shape as Shape5D, attrs);
    forward(backend.handle(x), backend.handle(filter), geometry);
    return backend.output();
  });
  const gradInput = addon.kernel("Conv3DBackpropInputV2");
  defineKernel<Convolution3dAttributes>("Conv3DBackpropInputV2", ({ backend, inputs, attrs }) => {
    const filter = input(inputs, "filter");
    const geometry = geometryOf(attrs.inputShape, filter.shape as Shape5D, attrs);
    gradInput(backend.handle(input(inputs, "dy")), backend.handle(filter), attrs.inputShape, geometry);
    return backend.output();
  });
  const gradFilter = addon.kernel("Conv3DBackpropFilterV2");
  defineKernel<Convolution3dAttributes>("Conv3DBackpropFilterV2", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const geometry = geometryOf(x.shape as Shape5D, attrs.filterShape, attrs);
    gradFilter(backend.handle(input(inputs, "dy")), backend.handle(x), attrs.filterShape, geometry);
    return backend.output();
  });
}

/** Strides, padding and dilations in the order of `native/operations/convolution_3d.h`. */
function geometryOf(x: Shape5D, filter: Shape5D, { strides, dilations, pad }: Convolution3dAttributes): number[] {
  const info = tf.backend_util.computeConv3DInfo(x, filter, strides, dilations ?? 1, pad);
  const { front, back, top, bottom, left, right } = info.padInfo;
  return [
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[front, back, top, bottom, left, right],
    ...[info.dilationDepth, info.dilationHeight, info.dilationWidth],
  ];
}
