import * as tf from "@tensorflow/tfjs";
import type { Addon } from "../addon.ts";
import type { TorchBackend } from "../torch-backend.ts";
import { defineKernel, input } from "./define.ts";

type Inputs = Readonly<Record<string, tf.TensorInfo>>;

/** Kernels that change their inputs in place, copying first where other tensors share the data. */
export function registerOptimizerKernels(addon: Addon): void {
  registerAdamW(addon);
  registerMuon(addon);
  const ema = addon.kernel("EmaUpdate");
  defineKernel<{ decay: number }>("EmaUpdate", ({ backend, inputs, attrs }) => {
    ema(ownedHandles(backend, inputs, "average"), backend.handles(numbered(inputs, "parameter")), attrs.decay);
    return backend.tensorFrom(new Float32Array(1), [], "float32");
  });
  const writeRows = addon.kernel("WriteRows");
  defineKernel<{ slots: Int32Array }>("WriteRows", ({ backend, inputs, attrs }) => {
    const buffer = input(inputs, "buffer");
    const rows = input(inputs, "rows");
    if (rows.shape[0] !== attrs.slots.length) {
      throw new RangeError(
        `WriteRows: slots has ${attrs.slots.length} entries, rows has ${rows.shape[0]}; give one slot a row`,
      );
    }
    writeRows(ownedHandle(backend, buffer), backend.handle(rows), attrs.slots);
    return backend.shared(buffer);
  });
}

interface AdamWAttributes {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecays: number[];
  readonly step: number;
  readonly maxGradNorm: number;
}

function registerAdamW(addon: Addon): void {
  const native = addon.kernel("AdamWUpdate");
  defineKernel<AdamWAttributes>("AdamWUpdate", ({ backend, inputs, attrs }) => {
    native(
      ownedHandles(backend, inputs, "parameter"),
      backend.handles(numbered(inputs, "gradient")),
      ownedHandles(backend, inputs, "firstMoment"),
      ownedHandles(backend, inputs, "secondMoment"),
      attrs.learningRate,
      attrs.beta1,
      attrs.beta2,
      attrs.epsilon,
      attrs.weightDecays,
      attrs.step,
      attrs.maxGradNorm,
    );
    return backend.output();
  });
}

interface MuonAttributes {
  readonly rates: number[];
  readonly momentum: number;
  readonly decay: number;
}

function registerMuon(addon: Addon): void {
  const native = addon.kernel("MuonUpdate");
  defineKernel<MuonAttributes>("MuonUpdate", ({ backend, inputs, attrs }) => {
    native(
      ownedHandles(backend, inputs, "parameter"),
      backend.handles(numbered(inputs, "gradient")),
      ownedHandles(backend, inputs, "momentum"),
      attrs.rates,
      attrs.momentum,
      attrs.decay,
    );
    return backend.output();
  });
}

/** Inputs `name0`, `name1`, ... in order. */
function numbered(inputs: Inputs, name: string): tf.TensorInfo[] {
  const found: tf.TensorInfo[] = [];
  for (let i = 0; inputs[`${name}${i}`] !== undefined; i++) found.push(input(inputs, `${name}${i}`));
  return found;
}

function ownedHandles(backend: TorchBackend, inputs: Inputs, name: string): number[] {
  return numbered(inputs, name).map((tensor) => ownedHandle(backend, tensor));
}

/**
 * The handle of a tensor that may be overwritten. A variable whose data id others hold too (a clone, the initial value)
 * gets a data id of its own first; memory that a view shares is copied in C++.
 *
 * @throws TypeError when shared data belongs to a plain tensor, which cannot be given other data
 */
function ownedHandle(backend: TorchBackend, tensor: tf.TensorInfo): number {
  if (backend.refCount(tensor.dataId) <= 1) return backend.handle(tensor);
  if (!(tensor instanceof tf.Variable)) {
    throw new TypeError(
      "backend-torch: cannot update a tensor in place whose data other tensors share; use a tf.Variable",
    );
  }
  // A reshape gives a data id of its own over the same memory, which C++ copies before it writes.
  const view = tf.engine().runKernel("Reshape", { x: tensor }, { shape: tensor.shape }) as tf.Tensor;
  tensor.assign(view as tf.Tensor<tf.Rank>);
  view.dispose();
  return backend.handle(tensor);
}
