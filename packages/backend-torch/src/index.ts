/** A TensorFlow.js backend named `torch` on libtorch. Importing it registers a factory that loads on first use. */
import { registerLazily } from "./register.ts";

export type { TorchInfo, TorchOptions, TorchPrecision } from "./register.ts";
export { registeredKernels, registerTorchBackend, setTorchPrecision, torchInfo } from "./register.ts";

registerLazily();
