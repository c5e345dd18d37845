import type { Addon } from "../addon.ts";
import { registerConvolutionKernels } from "./convolution.ts";
import { registerCreationKernels } from "./creation.ts";
import { registerElementwiseKernels } from "./elementwise.ts";
import { registerFusedKernels } from "./fused.ts";
import { registerImageKernels } from "./image.ts";
import { registerIndexingKernels } from "./indexing.ts";
import { registerOptimizerKernels } from "./optimizer.ts";
import { registerProductKernels } from "./product.ts";
import { registerReductionKernels } from "./reduction.ts";
import { registerShapeKernels } from "./shape.ts";

/** Registers every kernel of the backend with TensorFlow.js. */
export function registerKernels(addon: Addon): void {
  registerCreationKernels(addon);
  registerElementwiseKernels(addon);
  registerReductionKernels(addon);
  registerShapeKernels(addon);
  registerIndexingKernels(addon);
  registerProductKernels(addon);
  registerConvolutionKernels(addon);
  registerImageKernels(addon);
  registerFusedKernels(addon);
  registerOptimizerKernels(addon);
}
