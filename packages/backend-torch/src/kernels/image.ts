import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

type Shape4D = [number, number, number, number];

interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

/** Pooling and resizing of images, channels last, with their gradients. */
export function registerImageKernels(addon: Addon): void {
  registerPooling(addon);
  for (const name of ["ResizeBilinear", "ResizeNearestNeighbor"]) {
    const resize = addon.kernel(name);
    defineKernel<ResizeAttributes>(name, ({ backend, inputs, attrs }) => {
      const [height, width] = attrs.size;
      resize(backend.handle(input(inputs, "images")), height, width, attrs.alignCorners, attrs.halfPixelCenters);
      return backend.output();
    });
    const grad = addon.kernel(`${name}Grad`);
    defineKernel<ResizeAttributes>(`${name}Grad`, ({ backend, inputs, attrs }) => {
      grad(backend.handle(input(inputs, "dy")), input(inputs, "images").shape, attrs.alignCorners);
      return backend.output();
    });
  }
}

function registerPooling(addon: Addon): void {
  for (const name of ["AvgPool", "MaxPool"]) {
    const pool = addon.kernel(name);
    defineKernel<PoolingAttributes>(name, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      pool(backend.handle(x), poolingGeometry(x.shape as Shape4D, attrs));
      return backend.output();
    });
  }
  const averageGrad = addon.kernel("AvgPoolGrad");
  defineKernel<PoolingAttributes>("AvgPoolGrad", ({ backend, inputs, attrs }) => {
    const { shape } = input(inputs, "input");
    averageGrad(backend.handle(input(inputs, "dy")), shape, poolingGeometry(shape as Shape4D, attrs));
    return backend.output();
  });
  const maxGrad = addon.kernel("MaxPoolGrad");
  defineKernel<PoolingAttributes>("MaxPoolGrad", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "input");
    maxGrad(backend.handle(input(inputs, "dy")), backend.handle(x), poolingGeometry(x.shape as Shape4D, attrs));
    return backend.output();
  });
}

/** Window, strides, dilations, padding and output size in the order of `native/compute/pooling.h`. */
function poolingGeometry(x: Shape4D, attrs: PoolingAttributes): number[] {
  const info = tf.backend_util.computePool2DInfo(
    x,
    attrs.filterSize,
    attrs.strides,
    1,
    attrs.pad,
    attrs.dimRoundingMode,
  );
  return [
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
    info.outHeight,
    info.outWidth,
  ];
}
