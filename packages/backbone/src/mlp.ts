// L tokens, D model dim, F mlp dim
import { type Generator, Module, type tf } from "@interfuse/tensor";
import type { BackboneConfig } from "./config.ts";
import type { ExpertRouting } from "./expert-routing.ts";
import { Projection } from "./projection.ts";

/** SwiGLU feed-forward (arXiv 2002.05202): `down(silu(gate(x)) * up(x))`, gate and up in one weight `[2F, D]`, gate first. */
export class Mlp extends Module {
  readonly #gateUp: Projection;
  readonly #down: Projection;

  constructor(config: BackboneConfig, generator: Generator) {
    super();
    const { modelDim, mlpDim, numLayers, numExperts } = config;
    this.#gateUp = this.child(
      "gate_up",
      new Projection({ inputDim: modelDim, outputDim: 2 * mlpDim, numExperts, gain: 1 }, generator.fork("gate_up")),
    );
    this.#down = this.child(
      "down",
      new Projection(
        {
          inputDim: mlpDim,
          outputDim: modelDim,
          numExperts,
          gain: 1 / Math.sqrt(2 * numLayers),
          float32Output: true,
          isGated: true,
        },
        generator.fork("down"),
      ),
    );
  }

  /** Maps normed hidden states `[L, D]` to `[L, D]` f32, added to the residual stream if that is given; all in expert order. */
  forward(x_LD: tf.Tensor2D, routing: ExpertRouting, residual_LD?: tf.Tensor2D): tf.Tensor2D {
    return this.#down.forward(this.#gateUp.forward(x_LD, routing), routing, residual_LD);
  }
}
