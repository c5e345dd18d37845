import { type Generator, initNormal, initZeros, linear, Module, type tf } from "@interfuse/tensor";
import { imageOfPatch } from "../layout/patch-grid.ts";
import { gatherRows } from "../packed-row.ts";
import type { AdapterInput, AdapterOutput, PatchAdapter } from "./patch-adapter.ts";

/** One linear map into the backbone, plus the timestep's embedding, and a zero-initialised one out of it. */
export class LinearAdapter extends Module implements PatchAdapter {
  readonly #inputWeight_DF: tf.Variable;
  readonly #inputBias_D: tf.Variable;
  readonly #outputWeight_FD: tf.Variable;
  readonly #outputBias_F: tf.Variable;

  constructor(numFeatures: number, modelDim: number, generator: Generator) {
    super();
    const input = initNormal(generator.fork("input"), [modelDim, numFeatures], 1 / Math.sqrt(numFeatures));
    this.#inputWeight_DF = this.parameter("input.weight", input);
    this.#inputBias_D = this.parameter("input.bias", initZeros([modelDim]));
    this.#outputWeight_FD = this.parameter("output.weight", initZeros([numFeatures, modelDim]));
    this.#outputBias_F = this.parameter("output.bias", initZeros([numFeatures]));
  }

  enter({ patches_PF, grids, time_ID }: AdapterInput): AdapterOutput {
    const time_PD = gatherRows(time_ID, imageOfPatch(grids));
    const tokens = linear(patches_PF, this.#inputWeight_DF, { bias: this.#inputBias_D });
    return { tokens_PD: tokens.add<tf.Tensor2D>(time_PD), carry: [] };
  }

  leave(hidden_PD: tf.Tensor2D): tf.Tensor2D {
    return linear(hidden_PD, this.#outputWeight_FD, { bias: this.#outputBias_F, float32Output: true });
  }
}
