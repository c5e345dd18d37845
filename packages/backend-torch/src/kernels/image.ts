import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

interface CropAttributes {
  readonly cropSize: [number, number];
  readonly method: "bilinear" | "nearest";
  readonly extrapolationValue: number;
}

interface RotateAttributes {
  readonly radians: number;
  readonly fillValue: number | [number, number, number];
  readonly center: number | [number, number];
}

interface TransformAttributes {
  readonly interpolation: "nearest" | "bilinear";
  readonly fillMode: "constant" | "reflect" | "wrap" | "nearest";
  readonly fillValue: number;
  readonly outputShape?: [number, number];
}

interface SuppressionAttributes {
  readonly maxOutputSize: number;
  readonly iouThreshold: number;
  readonly scoreThreshold: number;
  readonly softNmsSigma?: number;
  readonly padToMaxOutputSize?: boolean;
}

/** Alpha of pixels that a rotation brings in from outside. */
const OPAQUE = 255;

/** Resizing, cropping and moving images, channels last, and choosing among boxes in them. */
export function registerImageKernels(addon: Addon): void {
  registerResizing(addon);
  registerSampling(addon);
  registerSuppression(addon);
}

function registerResizing(addon: Addon): void {
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

function registerSampling(addon: Addon): void {
  const crop = addon.kernel("CropAndResize");
  defineKernel<CropAttributes>("CropAndResize", ({ backend, inputs, attrs }) => {
    const handles = ["image", "boxes", "boxInd"].map((name) => backend.handle(input(inputs, name)));
    crop(...handles, ...attrs.cropSize, attrs.method === "bilinear", attrs.extrapolationValue);
    return backend.output();
  });
  const reverse = addon.kernel("Reverse");
  defineKernel("FlipLeftRight", ({ backend, inputs }) => {
    reverse(backend.handle(input(inputs, "image")), [2]);
    return backend.output();
  });
  const rotate = addon.kernel("RotateWithOffset");
  defineKernel<RotateAttributes>("RotateWithOffset", ({ backend, inputs, attrs }) => {
    const image = input(inputs, "image");
    const [, height, width, channels] = image.shape as [number, number, number, number];
    const [centerX, centerY] = tf.backend_util.getImageCenter(attrs.center, height, width);
    const { fillValue } = attrs;
    const fill = Array.from({ length: channels }, (_, channel) =>
      typeof fillValue === "number" ? fillValue : (fillValue[channel] ?? OPAQUE),
    );
    rotate(backend.handle(image), attrs.radians, fill, centerX, centerY);
    return backend.output();
  });
  const transform = addon.kernel("Transform");
  defineKernel<TransformAttributes>("Transform", ({ backend, inputs, attrs }) => {
    const image = input(inputs, "image");
    const [height, width] = attrs.outputShape ?? (image.shape.slice(1, 3) as [number, number]);
    const transforms = backend.handle(input(inputs, "transforms"));
    const isBilinear = attrs.interpolation === "bilinear";
    transform(backend.handle(image), transforms, height, width, isBilinear, attrs.fillMode, attrs.fillValue);
    return backend.output();
  });
}

/** Which of the native results (indices, scores, count) each version of the kernel gives. */
const SUPPRESSION_RESULTS = {
  NonMaxSuppressionV3: [0],
  NonMaxSuppressionV4: [0, 2],
  NonMaxSuppressionV5: [0, 1],
} as const;

function registerSuppression(addon: Addon): void {
  const suppress = addon.kernel("NonMaxSuppression");
  for (const [name, kept] of Object.entries(SUPPRESSION_RESULTS)) {
    defineKernel<SuppressionAttributes>(name, ({ backend, inputs, attrs }) => {
      const { maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma = 0, padToMaxOutputSize = false } = attrs;
      const handles = ["boxes", "scores"].map((key) => backend.handle(input(inputs, key)));
      suppress(...handles, maxOutputSize, iouThreshold, scoreThreshold, softNmsSigma, padToMaxOutputSize);
      const results = backend.outputs();
      for (const [index, result] of results.entries()) {
        if (!kept.some((number) => number === index)) backend.disposeData(result.dataId);
      }
      const [first, ...others] = kept.map((index) => results[index] as tf.TensorInfo);
      return others.length === 0 ? (first as tf.TensorInfo) : [first as tf.TensorInfo, ...others];
    });
  }
}
