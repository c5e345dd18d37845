import * as tf from "@tensorflow/tfjs";
import type { TorchBackend } from "../torch-backend.ts";

/** The name under which the backend and its kernels are registered. Must not contain "_" (TensorFlow.js splits there). */
export const BACKEND_NAME = "torch";

/** One call of a kernel, with its inputs by name and its attributes as the op's type says. */
export interface KernelCall<Attributes> {
  readonly backend: TorchBackend;
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Attributes;
}

/** Registers one kernel of the backend. */
export function defineKernel<Attributes = object>(
  kernelName: string,
  run: (call: KernelCall<Attributes>) => tf.TensorInfo | tf.TensorInfo[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND_NAME,
    kernelFunc: (call) => run(call as unknown as KernelCall<Attributes>),
  });
}

/** A required input. @throws TypeError when the op did not pass it */
export function input(inputs: Readonly<Record<string, tf.TensorInfo>>, name: string): tf.TensorInfo {
  const found = inputs[name];
  if (found === undefined) throw new TypeError(`backend-torch: input "${name}" is missing`);
  return found;
}

/** The inputs of a kernel that takes a list (TensorFlow.js passes an array where it declares a map). */
export function inputList(inputs: Readonly<Record<string, tf.TensorInfo>>): tf.TensorInfo[] {
  return Object.values(inputs);
}
