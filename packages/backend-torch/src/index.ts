/** A TensorFlow.js backend named `torch` on libtorch. Importing it registers a factory that loads on first use. */
import { registerLazily } from "./register.ts";

export type { TorchCard, TorchDevice, TorchInfo, TorchOptions, TorchPrecision } from "./register.ts";
export { registeredKernels, registerTorchBackend, setTorchPrecision, torchInfo } from "./register.ts";

export type { Accelerator, Libtorch } from "./setup/find-libtorch.ts";
export { findLibtorch, hasNvidiaCard } from "./setup/find-libtorch.ts";
export { instructionSet } from "./setup/processor.ts";

registerLazily();
