// L tokens, D model dim
import { type Generator, Module, type tf } from "@interfuse/tensor";
import { AttentionLayer, type ForwardContext } from "./attention-layer.ts";
import type { BackboneConfig } from "./config.ts";
import { Mlp } from "./mlp.ts";
import { addGated, Modulation, shiftAndScale } from "./modulation.ts";
import { Norm } from "./norm.ts";

/** One pre-norm decoder block: `x + attention(norm(x))`, then `x + mlp(norm(x))`, each half modulated when there is conditioning. */
export class Block extends Module {
  readonly #attentionNorm: Norm;
  readonly #attention: AttentionLayer;
  readonly #mlpNorm: Norm;
  readonly #mlp: Mlp;
  readonly #modulation: Modulation | undefined;

  constructor(config: BackboneConfig, layer: number, generator: Generator) {
    super();
    const { modelDim, normEpsilon, conditioningDim } = config;
    this.#attentionNorm = this.child("attention_norm", new Norm(modelDim, normEpsilon));
    this.#attention = this.child("attention", new AttentionLayer(config, layer, generator.fork("attention")));
    this.#mlpNorm = this.child("mlp_norm", new Norm(modelDim, normEpsilon));
    this.#mlp = this.child("mlp", new Mlp(config, generator.fork("mlp")));
    if (conditioningDim !== undefined) {
      this.#modulation = this.child("modulation", new Modulation(conditioningDim, modelDim, 6));
    }
  }

  /** Maps the residual stream `[L, D]` (f32, expert order) to itself. */
  forward(x_LD: tf.Tensor2D, context: ForwardContext): tf.Tensor2D {
    const modulations =
      this.#modulation === undefined || context.conditioning === undefined
        ? []
        : this.#modulation.forward(context.conditioning);
    const [attentionShift, attentionScale, attentionGate, mlpShift, mlpScale, mlpGate] = modulations;
    const attentionInput = shiftAndScale(this.#attentionNorm.forward(x_LD), attentionShift, attentionScale);
    const middle_LD = addGated(x_LD, attentionGate, (residual) =>
      this.#attention.forward(attentionInput, context, residual),
    );
    const mlpInput = shiftAndScale(this.#mlpNorm.forward(middle_LD), mlpShift, mlpScale);
    return addGated(middle_LD, mlpGate, (residual) => this.#mlp.forward(mlpInput, context.routing, residual));
  }
}
