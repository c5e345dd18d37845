import type { Addon } from "../addon.ts";
import { defineKernel, input } from "./define.ts";
import { takingStrings } from "./strings.ts";

/** Sparse tensors, which TensorFlow.js has as coordinates, values and a shape. */
export function registerSparseKernels(addon: Addon): void {
  const fillEmptyRows = addon.kernel("SparseFillEmptyRows");
  defineKernel("SparseFillEmptyRows", ({ backend, inputs }) => {
    const names = ["indices", "values", "denseShape", "defaultValue"];
    fillEmptyRows(...names.map((name) => backend.handle(input(inputs, name))));
    return backend.outputs();
  });
  const reshape = addon.kernel("SparseReshape");
  defineKernel("SparseReshape", ({ backend, inputs }) => {
    reshape(...["inputIndices", "inputShape", "newShape"].map((name) => backend.handle(input(inputs, name))));
    return backend.outputs();
  });
  for (const name of ["SparseSegmentMean", "SparseSegmentSum"]) {
    const reduce = addon.kernel(name);
    defineKernel(name, ({ backend, inputs }) => {
      const data = input(inputs, "data");
      if (data.shape.length < 1) throw new RangeError(`${name}: data should be at least 1 dimensional, got a scalar`);
      const [indices, segments] = [input(inputs, "indices"), input(inputs, "segmentIds")] as const;
      if (indices.shape[0] !== segments.shape[0])
        throw new RangeError(`${name}: indices and segmentIds should have same size`);
      reduce(backend.handle(data), backend.handle(indices), backend.handle(segments));
      return backend.output();
    });
  }
  const toDense = addon.kernel("SparseToDense");
  defineKernel(
    "SparseToDense",
    takingStrings<{ outputShape: number[] }>(({ backend, inputs, attrs }) => {
      const names = ["sparseIndices", "sparseValues", "defaultValue"];
      toDense(...names.map((name) => backend.handle(input(inputs, name))), attrs.outputShape);
      return backend.output();
    }),
  );
}
