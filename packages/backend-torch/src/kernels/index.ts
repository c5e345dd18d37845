import type { Addon } from "../addon.ts";
import { registerConvolutionKernels } from "./convolution.ts";
import { registerConvolution3dKernels } from "./convolution-3d.ts";
import { registerCreationKernels } from "./creation.ts";
import { registerElementwiseKernels } from "./elementwise.ts";
import { registerFusedKernels } from "./fused.ts";
import { registerImageKernels } from "./image.ts";
import { registerIndexingKernels } from "./indexing.ts";
import { registerNetworkKernels } from "./network.ts";
import { registerOptimizerKernels } from "./optimizer.ts";
import { registerPoolingKernels } from "./pooling.ts";
import { registerProductKernels } from "./product.ts";
import { registerRaggedAndStringKernels } from "./ragged-and-strings.ts";
import { registerReductionKernels } from "./reduction.ts";
import { registerShapeKernels } from "./shape.ts";
import { registerSparseKernels } from "./sparse.ts";

/** Registers every kernel of the backend with TensorFlow.js. */
export function registerKernels(addon: Addon): void {
  registerCreationKernels(addon);
  registerElementwiseKernels(addon);
  registerReductionKernels(addon);
  registerShapeKernels(addon);
  registerIndexingKernels(addon);
  registerProductKernels(addon);
  registerConvolutionKernels(addon);
  registerConvolution3dKernels(addon);
  registerPoolingKernels(addon);
  registerNetworkKernels(addon);
  registerImageKernels(addon);
  registerSparseKernels(addon);
  registerRaggedAndStringKernels();
  registerFusedKernels(addon);
  registerOptimizerKernels(addon);
}
