import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];

interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

interface Pooling3dAttributes {
  readonly filterSize: number | [number, number, number];
  readonly strides: number | [number, number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly dataFormat?: "NDHWC" | "NCDHW";
}

interface ArgmaxAttributes extends PoolingAttributes {
  readonly includeBatchInIndex: boolean;
}

/** A pooling's numbers, and whether TensorFlow.js takes it for the identity. */
interface Geometry {
  /** In the order of `native/compute/pooling.h`. */
  readonly numbers: number[];
  /** A window of one pixel that keeps the shape, whatever strides and padding say. */
  readonly isIdentity: boolean;
}

/** Pooling in two and three dimensions, channels last, with gradients. */
export function registerPoolingKernels(addon: Addon): void {
  registerForRank(addon, "", geometry2d);
  registerForRank(addon, "3D", geometry3d);
  const withArgmax = addon.kernel("MaxPoolWithArgmax");
  defineKernel<ArgmaxAttributes>("MaxPoolWithArgmax", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    if (x.shape.length !== 4) throw new RangeError(`MaxPoolWithArgmax: x (of shape [${x.shape}]) must have rank 4`);
    withArgmax(backend.handle(x), geometry2d(x.shape, attrs).numbers, attrs.includeBatchInIndex === true);
    return backend.outputs();
  });
}

function registerForRank<Attributes extends { readonly pad: unknown }>(
  addon: Addon,
  suffix: "" | "3D",
  geometryOf: (shape: number[], attrs: Attributes) => Geometry,
): void {
  for (const name of ["AvgPool", "MaxPool"]) {
    const pool = addon.kernel(name);
    defineKernel<Attributes>(`${name}${suffix}`, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const { numbers, isIdentity } = geometryOf(x.shape, attrs);
      if (isIdentity) return backend.shared(x);
      pool(backend.handle(x), numbers);
      return backend.output();
    });
  }
  const averageGrad = addon.kernel("AvgPoolGrad");
  defineKernel<Attributes>(`AvgPool${suffix}Grad`, ({ backend, inputs, attrs }) => {
    const { shape } = input(inputs, "input");
    const hasExplicitPadding = typeof attrs.pad !== "string";
    averageGrad(backend.handle(input(inputs, "dy")), shape, geometryOf(shape, attrs).numbers, hasExplicitPadding);
    return backend.output();
  });
  const maxGrad = addon.kernel("MaxPoolGrad");
  defineKernel<Attributes>(`MaxPool${suffix}Grad`, ({ backend, inputs, attrs }) => {
    const x = input(inputs, "input");
    maxGrad(backend.handle(input(inputs, "dy")), backend.handle(x), geometryOf(x.shape, attrs).numbers);
    return backend.output();
  });
}

function geometry2d(x: number[], { filterSize, strides, pad, dimRoundingMode }: PoolingAttributes): Geometry {
  const info = tf.backend_util.computePool2DInfo(x as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
  const numbers = [
    ...[1, info.filterHeight, info.filterWidth],
    ...[1, info.strideHeight, info.strideWidth],
    ...[1, info.dilationHeight, info.dilationWidth],
    ...[0, info.padInfo.top, info.padInfo.left],
    ...[1, info.outHeight, info.outWidth],
  ];
  // TensorFlow.js checks those of convolutions only.
  if (!(info.strideHeight > 0 && info.strideWidth > 0)) {
    throw new RangeError(`pooling: strides (=${strides}) must be larger than 0`);
  }
  const isPixel = info.filterHeight === 1 && info.filterWidth === 1;
  return { numbers, isIdentity: isPixel && tf.util.arraysEqual(info.inShape, info.outShape) };
}

function geometry3d(x: number[], attrs: Pooling3dAttributes): Geometry {
  const { filterSize, strides, pad, dimRoundingMode, dataFormat } = attrs;
  const info = tf.backend_util.computePool3DInfo(
    x as Shape5D,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
    dataFormat,
  );
  const numbers = [
    ...[info.filterDepth, info.filterHeight, info.filterWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[info.dilationDepth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.front, info.padInfo.top, info.padInfo.left],
    ...[info.outDepth, info.outHeight, info.outWidth],
  ];
  return { numbers, isIdentity: false };
}
