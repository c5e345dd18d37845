import * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "../addon.ts";
import { defineKernel, input } from "./define.ts";

/** Kernels that pick, scatter or count by index. */
export function registerIndexingKernels(addon: Addon): void {
  const gather = addon.kernel("GatherV2");
  defineKernel<{ axis: number; batchDims: number }>("GatherV2", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
    gather(backend.handle(x), backend.handle(input(inputs, "indices")), axis, attrs.batchDims ?? 0);
    return backend.output();
  });
  const gatherNd = addon.kernel("GatherNd");
  defineKernel("GatherNd", ({ backend, inputs }) => {
    gatherNd(backend.handle(input(inputs, "params")), backend.handle(input(inputs, "indices")));
    return backend.output();
  });
  const scatterNd = addon.kernel("ScatterNd");
  defineKernel<{ shape: number[] }>("ScatterNd", ({ backend, inputs, attrs }) => {
    scatterNd(backend.handle(input(inputs, "indices")), backend.handle(input(inputs, "updates")), attrs.shape);
    return backend.output();
  });
  const scatterUpdate = addon.kernel("TensorScatterUpdate");
  defineKernel("TensorScatterUpdate", ({ backend, inputs }) => {
    const { tensor, indices, updates } = inputs as Record<"tensor" | "indices" | "updates", tf.TensorInfo>;
    scatterUpdate(backend.handle(tensor), backend.handle(indices), backend.handle(updates));
    return backend.output();
  });
  const segmentSum = addon.kernel("UnsortedSegmentSum");
  defineKernel<{ numSegments: number }>("UnsortedSegmentSum", ({ backend, inputs, attrs }) => {
    segmentSum(backend.handle(input(inputs, "x")), backend.handle(input(inputs, "segmentIds")), attrs.numSegments);
    return backend.output();
  });
  registerCounts(addon);
}

function registerCounts(addon: Addon): void {
  const oneHot = addon.kernel("OneHot");
  defineKernel<{ depth: number; onValue: number; offValue: number; dtype: tf.DataType }>(
    "OneHot",
    ({ backend, inputs, attrs }) => {
      const code = TypeCode[attrs.dtype as keyof typeof TypeCode] ?? TypeCode.float32;
      oneHot(backend.handle(input(inputs, "indices")), attrs.depth, attrs.onValue, attrs.offValue, code);
      return backend.output();
    },
  );
  const multinomial = addon.kernel("Multinomial");
  defineKernel<{ numSamples: number; seed: number; normalized: boolean }>(
    "Multinomial",
    ({ backend, inputs, attrs }) => {
      // The op's default seed is a fraction.
      const seed = Number.isInteger(attrs.seed) ? attrs.seed : Math.floor(attrs.seed * 2 ** 48);
      multinomial(backend.handle(input(inputs, "logits")), attrs.numSamples, seed, attrs.normalized);
      return backend.output();
    },
  );
  const bincount = addon.kernel("DenseBincount");
  for (const name of ["Bincount", "DenseBincount"]) {
    defineKernel<{ size: number; binaryOutput?: boolean }>(name, ({ backend, inputs, attrs }) => {
      bincount(
        backend.handle(input(inputs, "x")),
        backend.handle(input(inputs, "weights")),
        attrs.size,
        attrs.binaryOutput === true,
      );
      return backend.output();
    });
  }
}
