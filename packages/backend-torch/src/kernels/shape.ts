import * as tf from "@tensorflow/tfjs";
import type { Addon, NativeKernel } from "../addon.ts";
import type { TorchBackend } from "../torch-backend.ts";
import { defineKernel, input, inputList } from "./define.ts";
import { takingStrings } from "./strings.ts";

/** Kernels that give a tensor another shape or join tensors; Reshape, Slice and SplitV give views. */
export function registerShapeKernels(addon: Addon): void {
  registerViews(addon);
  registerJoins(addon);
  registerPads(addon);
  const transpose = addon.kernel("Transpose");
  defineKernel<{ perm: number[] }>("Transpose", ({ backend, inputs, attrs }) => {
    transpose(backend.handle(input(inputs, "x")), attrs.perm);
    return backend.output();
  });
  const reverse = addon.kernel("Reverse");
  defineKernel<{ dims: number | number[] }>("Reverse", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    reverse(backend.handle(x), tf.util.parseAxisParam(attrs.dims, x.shape));
    return backend.output();
  });
  const tile = addon.kernel("Tile");
  defineKernel(
    "Tile",
    takingStrings<{ reps: number[] }>(({ backend, inputs, attrs }) => {
      tile(backend.handle(input(inputs, "x")), attrs.reps);
      return backend.output();
    }),
  );
  registerBlocks(addon);
  const broadcastTo = addon.kernel("BroadcastTo");
  defineKernel<{ shape: number[] }>("BroadcastTo", ({ backend, inputs, attrs }) => {
    broadcastTo(backend.handle(input(inputs, "x")), attrs.shape);
    return backend.output();
  });
}

function registerViews(addon: Addon): void {
  const native = addon.kernel("Reshape");
  const reshape = (backend: TorchBackend, x: tf.TensorInfo, shape: number[]): tf.TensorInfo => {
    if (x.dtype === "string") return backend.tensorFrom(backend.stringsOf(x), shape, "string");
    native(backend.handle(x), shape);
    return backend.output();
  };
  defineKernel("Identity", ({ backend, inputs }) => backend.shared(input(inputs, "x")));
  defineKernel<{ shape: number[] }>("Reshape", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    return reshape(backend, x, tf.util.inferFromImplicitShape(attrs.shape, tf.util.sizeFromShape(x.shape)));
  });
  defineKernel<{ dim: number }>("ExpandDims", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "input");
    const rank = x.shape.length;
    if (attrs.dim < -(rank + 1) || attrs.dim > rank)
      throw new RangeError(`ExpandDims: axis (=${attrs.dim}) must be in the interval [${-(rank + 1)}, ${rank}]`);
    const shape = x.shape.slice();
    shape.splice(attrs.dim < 0 ? rank + attrs.dim + 1 : attrs.dim, 0, 1);
    return reshape(backend, x, shape);
  });
  const slice = addon.kernel("Slice");
  defineKernel(
    "Slice",
    takingStrings<{ begin: number | number[]; size: number | number[] }>(({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size) as [
        number[],
        number[],
      ];
      tf.slice_util.assertParamsValid(x as tf.Tensor, begin, size);
      slice(backend.handle(x), begin, size);
      return backend.output();
    }),
  );
  registerStridedSlice(addon, reshape);
  const split = addon.kernel("SplitV");
  defineKernel<{ numOrSizeSplits: number | number[]; axis: number }>("SplitV", ({ backend, inputs, attrs }) => {
    const x = input(inputs, "x");
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
    return parted({ backend, x, axis, sizes, slice }, (handle, some) => split(handle, some, axis));
  });
  const unpack = addon.kernel("Unpack");
  defineKernel(
    "Unpack",
    takingStrings<{ axis: number }>(({ backend, inputs, attrs }) => {
      const x = input(inputs, "value");
      const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0] as number;
      const sizes = new Array<number>(x.shape[axis] as number).fill(1);
      return parted({ backend, x, axis, sizes, slice }, (handle) => unpack(handle, axis));
    }),
  );
}

/** Fewer results than one call can report (`kMetaLength` in `native/binding/environment.h`), of any rank. */
const MOST_RESULTS = 4096;

interface Parting {
  readonly backend: TorchBackend;
  readonly x: tf.TensorInfo;
  readonly axis: number;
  readonly sizes: readonly number[];
  readonly slice: NativeKernel;
}

/** The parts of `x`, of these sizes along `axis`, as `part` makes them: in several calls where they are many. */
function parted(
  { backend, x, axis, sizes, slice }: Parting,
  part: (handle: number, sizes: readonly number[]) => void,
): tf.TensorInfo[] {
  if (sizes.length <= MOST_RESULTS) {
    part(backend.handle(x), sizes);
    return backend.outputs();
  }
  const parts: tf.TensorInfo[] = [];
  let start = 0;
  for (let first = 0; first < sizes.length; first += MOST_RESULTS) {
    const some = sizes.slice(first, first + MOST_RESULTS);
    const length = some.reduce((sum, size) => sum + size, 0);
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    slice(
      backend.handle(x),
      begin,
      x.shape.map((size, i) => (i === axis ? length : size)),
    );
    const block = backend.output();
    part(backend.handle(block), some);
    parts.push(...backend.outputs());
    backend.disposeData(block.dataId);
    start += length;
  }
  return parts;
}

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

function registerStridedSlice(
  addon: Addon,
  reshape: (backend: TorchBackend, x: tf.TensorInfo, shape: number[]) => tf.TensorInfo,
): void {
  const native = addon.kernel("StridedSlice");
  defineKernel(
    "StridedSlice",
    takingStrings<StridedSliceAttributes>(({ backend, inputs, attrs }) => {
      const x = input(inputs, "x");
      const plan = tf.slice_util.sliceInfo(
        x.shape,
        attrs.begin,
        attrs.end,
        attrs.strides,
        attrs.beginMask,
        attrs.endMask,
        attrs.ellipsisMask,
        attrs.newAxisMask,
        attrs.shrinkAxisMask,
      );
      native(backend.handle(x), plan.begin, plan.end, plan.strides);
      const block = backend.output();
      const result = reshape(backend, block, plan.finalShape);
      backend.disposeData(block.dataId);
      return result;
    }),
  );
}

function registerJoins(addon: Addon): void {
  const concat = addon.kernel("Concat");
  defineKernel(
    "Concat",
    takingStrings<{ axis: number }>(({ backend, inputs, attrs }) => {
      const parts = inputList(inputs);
      const axis = tf.util.parseAxisParam(attrs.axis, (parts[0] as tf.TensorInfo).shape)[0] as number;
      concat(backend.handles(parts), axis);
      return backend.output();
    }),
  );
  const pack = addon.kernel("Pack");
  defineKernel(
    "Pack",
    takingStrings<{ axis: number }>(({ backend, inputs, attrs }) => {
      const parts = inputList(inputs);
      const [first] = parts as [tf.TensorInfo];
      for (const part of parts) {
        tf.util.assertShapesMatch(first.shape, part.shape, "Pack: all tensors must have matching shapes");
        if (part.dtype !== first.dtype)
          throw new TypeError(`Pack: all tensors must have matching dtypes, got ${first.dtype} and ${part.dtype}`);
      }
      pack(backend.handles(parts), attrs.axis);
      return backend.output();
    }),
  );
}

function registerPads(addon: Addon): void {
  const pad = addon.kernel("PadV2");
  defineKernel<{ paddings: [number, number][]; constantValue: number }>("PadV2", ({ backend, inputs, attrs }) => {
    pad(backend.handle(input(inputs, "x")), attrs.paddings.flat(), attrs.constantValue);
    return backend.output();
  });
  const mirrorPad = addon.kernel("MirrorPad");
  defineKernel<{ paddings: [number, number][]; mode: string }>("MirrorPad", ({ backend, inputs, attrs }) => {
    mirrorPad(backend.handle(input(inputs, "x")), attrs.paddings.flat(), attrs.mode === "symmetric");
    return backend.output();
  });
}

interface BlockAttributes {
  readonly blockShape: number[];
  readonly paddings: number[][];
  readonly crops: number[][];
}

function registerBlocks(addon: Addon): void {
  const toBatch = addon.kernel("SpaceToBatchND");
  defineKernel<BlockAttributes>("SpaceToBatchND", ({ backend, inputs, attrs }) => {
    toBatch(backend.handle(input(inputs, "x")), attrs.blockShape, attrs.paddings.flat());
    return backend.output();
  });
  const toSpace = addon.kernel("BatchToSpaceND");
  defineKernel<BlockAttributes>("BatchToSpaceND", ({ backend, inputs, attrs }) => {
    toSpace(backend.handle(input(inputs, "x")), attrs.blockShape, attrs.crops.flat());
    return backend.output();
  });
  const fromDepth = addon.kernel("DepthToSpace");
  defineKernel<{ blockSize: number; dataFormat: string }>("DepthToSpace", ({ backend, inputs, attrs }) => {
    const { blockSize, dataFormat } = attrs;
    if (dataFormat !== "NHWC") throw new RangeError(`DepthToSpace: dataFormat (="${dataFormat}") must be "NHWC"`);
    fromDepth(backend.handle(input(inputs, "x")), blockSize);
    return backend.output();
  });
}
