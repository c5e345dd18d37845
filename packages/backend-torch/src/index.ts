/** A TensorFlow.js backend named `torch` on libtorch. Importing it registers a factory that loads on first use. */
import { registerLazily } from "./register.ts";

export type { TorchInfo, TorchOptions, TorchPrecision } from "./register.ts";
export { registeredKernels, registerTorchBackend, setTorchPrecision, torchInfo } from "./register.ts";

export type { Libtorch } from "./setup/find-libtorch.ts";
export { findLibtorch } from "./setup/find-libtorch.ts";
export { instructionSet } from "./setup/processor.ts";

registerLazily();
