import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs";
import { type Addon, wrapAddon } from "./addon.ts";
import { BACKEND_NAME } from "./kernels/define.ts";
import { registerKernels } from "./kernels/index.ts";
import { loadAddon } from "./setup/load.ts";
import { TorchBackend } from "./torch-backend.ts";

/** Storage type of the fused kernels' activations; the logical type is float32 in both. */
export type TorchPrecision = "f32" | "bf16";

/** Devices by libtorch's names; AMD's cards go by "cuda" too. */
export type TorchDevice = "auto" | "cpu" | "cuda" | `cuda:${number}`;

export interface TorchOptions {
  /**
   * Where this thread's tensors are and kernels compute; those that exist move along. "auto" (the default) is an
   * accelerator where libtorch has one, else the processor.
   */
  readonly device?: TorchDevice;
  /** Threads that share one kernel; default: all that this process may use. */
  readonly threads?: number;
  /** Default "f32". */
  readonly precision?: TorchPrecision;
}

/** An NVIDIA card. */
export interface TorchCard {
  /** For example "NVIDIA H100 80GB HBM3". */
  readonly name: string;
  /** Compute capability: 8 and more multiply bfloat16 on tensor cores. */
  readonly capability: number;
  readonly bytes: number;
}

export interface TorchInfo {
  /** For example "libtorch 2.13.0". */
  readonly library: string;
  readonly device: string;
  readonly card: TorchCard | undefined;
  /** Why that is not an accelerator, when "auto" found none. */
  readonly whyNoAccelerator: string | undefined;
  readonly threads: number;
  readonly precision: TorchPrecision;
  /** Slots in use: tensors alive on this backend, in this thread. */
  readonly slots: number;
}

const DEVICE = /^(auto|cpu|cuda(:\d+)?)$/;

let loaded: Addon | undefined;
let precision: TorchPrecision = "f32";
let numThreads = availableParallelism();

/** The addon of this thread, loaded on first use. */
function addon(): Addon {
  loaded ??= wrapAddon(loadAddon());
  return loaded;
}

function createBackend(): TorchBackend {
  const { functions } = addon();
  functions.setThreads(numThreads);
  // TensorFlow.js makes a new backend after a reset, but keeps the kernels.
  if (registeredKernels().length === 0) registerKernels(addon());
  return new TorchBackend(addon());
}

/** Makes `tf.setBackend("torch")` possible without loading anything yet. */
export function registerLazily(): void {
  // A low priority: TensorFlow.js must not choose it unasked, it may not be set up.
  if (tf.engine().registryFactory[BACKEND_NAME] === undefined) tf.registerBackend(BACKEND_NAME, createBackend, 0);
}

/**
 * Loads libtorch and registers backend `torch` with its kernels in this thread (main thread or worker); further calls
 * only change settings. Follow it with `tf.setBackend("torch")`.
 *
 * @throws Error listing what was tried when the addon is missing or does not load
 * @throws Error saying why a device or threads cannot be had; RangeError for an unknown device or precision, or an impossible number of threads
 */
export function registerTorchBackend(options: TorchOptions = {}): TorchInfo {
  const { device = "auto", threads = numThreads } = options;
  if (!(Number.isInteger(threads) && threads >= 1)) {
    throw new RangeError(`registerTorchBackend: threads (=${threads}) must be a positive integer`);
  }
  if (!DEVICE.test(device)) {
    throw new RangeError(`registerTorchBackend: device (="${device}") must be auto, cpu, cuda or cuda:N`);
  }
  if (options.precision !== undefined) checkPrecision("registerTorchBackend", options.precision);
  const { functions } = addon();
  functions.useDevice(device);
  functions.setThreads(threads);
  numThreads = threads;
  registerLazily();
  if (tf.findBackend(BACKEND_NAME) === null)
    throw new Error("registerTorchBackend: TensorFlow.js did not create the backend");
  if (options.precision !== undefined) setTorchPrecision(options.precision);
  return torchInfo();
}

/** Chooses the storage type of fused kernels' activations from now on, for the calling thread. @throws RangeError for another than these two */
export function setTorchPrecision(chosen: TorchPrecision): void {
  checkPrecision("setTorchPrecision", chosen);
  addon().functions.setBfloat16(chosen === "bf16");
  precision = chosen;
}

function checkPrecision(operation: string, chosen: string): void {
  if (chosen === "f32" || chosen === "bf16") return;
  throw new RangeError(`${operation}: precision (="${chosen}") must be f32 or bf16`);
}

/** What runs, and how. @throws Error when the addon does not load */
export function torchInfo(): TorchInfo {
  const { functions } = addon();
  const card = functions.card();
  return {
    library: `libtorch ${functions.torchVersion()}`,
    device: functions.device(),
    card: card && { name: card[0], capability: card[1], bytes: card[2] },
    whyNoAccelerator: functions.whyNoAccelerator() || undefined,
    threads: functions.threads(),
    precision,
    slots: functions.slotsInUse(),
  };
}

/** Names of all kernels that the backend registers, sorted. Empty before `registerTorchBackend`. */
export function registeredKernels(): string[] {
  return tf
    .getKernelsForBackend(BACKEND_NAME)
    .map((kernel) => kernel.kernelName)
    .sort();
}
