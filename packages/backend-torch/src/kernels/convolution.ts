import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

type Shape4D = [number, number, number, number];

interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | tf.backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly filterShape: Shape4D;
  readonly inputShape: Shape4D;
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

/** Two-dimensional convolutions, plain and depthwise, with their gradients. */
export function registerConvolutionKernels(addon: Addon): void {
  registerForward(addon, "Conv2D", false);
  registerForward(addon, "DepthwiseConv2dNative", true);
  registerFused(addon, "FusedConv2D", false);
  registerFused(addon, "FusedDepthwiseConv2D", true);
  for (const depthwise of [false, true]) {
    const prefix = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
    const gradInput = addon.kernel(`${prefix}BackpropInput`);
    defineKernel<ConvolutionAttributes>(`${prefix}BackpropInput`, ({ backend, inputs, attrs }) => {
      const filter = input(inputs, "filter");
      const geometry = convolutionGeometry(attrs.inputShape, filter.shape as Shape4D, attrs, depthwise);
      gradInput(backend.handle(input(inputs, "dy")), backend.handle(filter), attrs.inputShape, geometry);
      return backend.output();
    });
    const gradFilter = addon.kernel(`${prefix}BackpropFilter`);
    defineKernel<ConvolutionAttributes>(`${prefix}BackpropFilter`, ({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const geometry = convolutionGeometry(x.shape as Shape4D, attrs.filterShape, attrs, depthwise);
      gradFilter(backend.handle(input(inputs, "dy")), backend.handle(x), attrs.filterShape, geometry);
      return backend.output();
    });
  }
}

function registerForward(addon: Addon, name: string, depthwise: boolean): void {
  const native = addon.kernel(name);
  defineKernel<ConvolutionAttributes>(name, ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const filter = input(inputs, "filter");
    const geometry = convolutionGeometry(x.shape as Shape4D, filter.shape as Shape4D, attrs, depthwise);
    native(backend.handle(x), backend.handle(filter), -1, geometry);
    return backend.output();
  });
}

function registerFused(addon: Addon, name: string, depthwise: boolean): void {
  const native = addon.kernel(name);
  defineKernel<ConvolutionAttributes>(name, ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const filter = input(inputs, "filter");
    const geometry = convolutionGeometry(x.shape as Shape4D, filter.shape as Shape4D, attrs, depthwise);
    const bias = backend.optionalHandle(inputs.bias);
    const prelu = backend.optionalHandle(inputs.preluActivationWeights);
    const { activation = "linear", leakyreluAlpha = 0.2 } = attrs;
    native(backend.handle(x), backend.handle(filter), bias, prelu, geometry, activation, leakyreluAlpha);
    return backend.output();
  });
}

/** Strides, padding, dilations, groups, layout and output in the order of `native/operations/convolution.h`. */
function convolutionGeometry(x: Shape4D, filter: Shape4D, attrs: ConvolutionAttributes, depthwise: boolean): number[] {
  const isChannelsFirst = attrs.dataFormat === "NCHW";
  const info = tf.backend_util.computeConv2DInfo(
    x,
    filter,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    isChannelsFirst ? "channelsFirst" : "channelsLast",
  );
  const { top, bottom, left, right } = info.padInfo;
  const { strideHeight, strideWidth, dilationHeight, dilationWidth } = info;
  const groups = depthwise ? info.inChannels : 1;
  return [
    ...[strideHeight, strideWidth],
    ...[top, bottom, left, right],
    ...[dilationHeight, dilationWidth],
    groups,
    isChannelsFirst ? 1 : 0,
    ...[info.outHeight, info.outWidth],
  ];
}
