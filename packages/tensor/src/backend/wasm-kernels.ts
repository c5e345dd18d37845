/**
 * The gradient kernels that TensorFlow.js's wasm backend lacks, in plain TypeScript over its heap: without them a
 * convolution or an embedding cannot be trained on it.
 */
import { tf } from "../tf.ts";

/** What these kernels use of the wasm backend. */
type WasmBackend = tf.KernelBackend & {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array | Int32Array;
};

type KernelCall = { inputs: tf.NamedTensorInfoMap; backend: unknown; attrs?: object };

/** Registers the missing kernels; does nothing when they are there. */
export function registerMissingWasmKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries({
    UnsortedSegmentSum: unsortedSegmentSum,
    Conv2DBackpropFilter: conv2dBackpropFilter,
  })) {
    if (tf.getKernel(kernelName, "wasm") == null) {
      tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc: kernelFunc as tf.KernelFunc });
    }
  }
}

/** Sums the rows of x [L, ...] that share a segment id; ids outside [0, numSegments) are left out. */
function unsortedSegmentSum({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { x, segmentIds } = inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
  const { numSegments } = attrs as { numSegments: number };
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput([numSegments, ...x.shape.slice(1)], x.dtype);
  const sums = wasm.typedArrayFromHeap(out).fill(0);
  const values = wasm.typedArrayFromHeap(x);
  const ids = wasm.typedArrayFromHeap(segmentIds);
  const rowSize = values.length / Math.max(ids.length, 1);
  for (let row = 0; row < ids.length; row++) {
    const id = ids[row]!;
    if (id < 0 || id >= numSegments) continue;
    for (let i = 0; i < rowSize; i++) sums[id * rowSize + i]! += values[row * rowSize + i]!;
  }
  return out;
}

/** The gradient of a convolution for its filter [kh,kw,C,O], NHWC: sums of products of input and output-gradient pixels. */
function conv2dBackpropFilter({ inputs, backend, attrs }: KernelCall): tf.TensorInfo {
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const { strides, pad, dimRoundingMode, filterShape } = attrs as tf.Conv2DBackpropFilterAttrs;
  const { padInfo, ...info } = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput(filterShape, "float32");
  const filter = wasm.typedArrayFromHeap(out).fill(0);
  const input = wasm.typedArrayFromHeap(x);
  const gradient = wasm.typedArrayFromHeap(dy);
  const { inChannels, outChannels } = info;
  for (let b = 0; b < info.batchSize; b++) {
    for (let outRow = 0; outRow < info.outHeight; outRow++) {
      for (let outColumn = 0; outColumn < info.outWidth; outColumn++) {
        const dyStart = ((b * info.outHeight + outRow) * info.outWidth + outColumn) * outChannels;
        for (let i = 0; i < info.filterHeight; i++) {
          const row = outRow * info.strideHeight + i - padInfo.top;
          if (row < 0 || row >= info.inHeight) continue;
          for (let j = 0; j < info.filterWidth; j++) {
            const column = outColumn * info.strideWidth + j - padInfo.left;
            if (column < 0 || column >= info.inWidth) continue;
            const xStart = ((b * info.inHeight + row) * info.inWidth + column) * inChannels;
            let at = (i * info.filterWidth + j) * inChannels * outChannels;
            for (let c = 0; c < inChannels; c++) {
              const value = input[xStart + c]!;
              for (let o = 0; o < outChannels; o++) filter[at++]! += value * gradient[dyStart + o]!;
            }
          }
        }
      }
    }
  }
  return out;
}
