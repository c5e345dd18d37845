import * as tf from "@tensorflow/tfjs";
import { type Addon, TypeCode } from "../addon.ts";
import { defineKernel, input } from "./define.ts";
import { takingStrings } from "./strings.ts";

/** Kernels that pick, scatter or count by index. */
export function registerIndexingKernels(addon: Addon): void {
  const gather = addon.kernel("GatherV2");
  defineKernel<{ axis: number; batchDims: number }>("GatherV2", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
    const indices = input(inputs, "indices");
    const { batchDims = 0 } = attrs;
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
    const batchAxes = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
    gather(backend.handle(x), backend.handle(indices), axis, batchAxes);
    return backend.output();
  });
  const gatherNd = addon.kernel("GatherNd");
  defineKernel(
    "GatherNd",
    takingStrings(({ backend, inputs }) => {
      gatherNd(backend.handle(input(inputs, "params")), backend.handle(input(inputs, "indices")));
      return backend.output();
    }),
  );
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
  registerLookups(addon);
}

function registerLookups(addon: Addon): void {
  const unique = addon.kernel("Unique");
  const valuesResult = 0;
  defineKernel(
    "Unique",
    takingStrings<{ axis: number }>(
      ({ backend, inputs, attrs }) => {
        const x = input(inputs, "x");
        unique(backend.handle(x), tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number);
        return backend.outputs();
      },
      (index) => index === valuesResult,
    ),
  );
  const searchSorted = addon.kernel("SearchSorted");
  defineKernel<{ side: "left" | "right" }>("SearchSorted", ({ backend, inputs, attrs }) => {
    const sorted = backend.handle(input(inputs, "sortedSequence"));
    searchSorted(sorted, backend.handle(input(inputs, "values")), attrs.side === "right");
    return backend.output();
  });
  const diagonal = addon.kernel("Diag");
  defineKernel("Diag", ({ backend, inputs }) => {
    diagonal(backend.handle(input(inputs, "x")));
    return backend.output();
  });
  const broadcastShapes = addon.kernel("BroadcastArgs");
  defineKernel("BroadcastArgs", ({ backend, inputs }) => {
    broadcastShapes(backend.handle(input(inputs, "s0")), backend.handle(input(inputs, "s1")));
    return backend.output();
  });
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
