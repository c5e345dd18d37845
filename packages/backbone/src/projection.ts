// I input features, O output features, L tokens
import { type Generator, initNormal, linear, Module, swigluLinear, tf } from "@interfuse/tensor";
import type { ExpertRouting } from "./expert-routing.ts";

/** Sizes and initial scale of a {@link Projection}. */
export type ProjectionOptions = {
  readonly inputDim: number;
  readonly outputDim: number;
  readonly numExperts: number;
  /** Initial weights are normal with standard deviation `gain / sqrt(inputDim)`; 0 starts at zero. */
  readonly gain: number;
  /** Return f32 also in bf16 precision, for what is added to the residual stream. */
  readonly float32Output?: boolean;
  /** What comes in passes a SwiGLU gate first, `[L, 2I]`: gate and value of each of the I inputs. */
  readonly isGated?: boolean;
};

/**
 * A linear map without bias, one weight `[O, I]` an expert. The parameter is `weight` with one expert and
 * `experts.E.weight` with several.
 */
export class Projection extends Module {
  readonly #weights: readonly tf.Variable[];
  readonly #float32Output: boolean;
  readonly #isGated: boolean;

  constructor(options: ProjectionOptions, generator: Generator) {
    super();
    const { inputDim, outputDim, numExperts, gain, float32Output = false, isGated = false } = options;
    const std = gain / Math.sqrt(inputDim);
    this.#float32Output = float32Output;
    this.#isGated = isGated;
    this.#weights = Array.from({ length: numExperts }, (_, expert) => {
      const name = numExperts === 1 ? "weight" : `experts.${expert}.weight`;
      return this.parameter(name, initNormal(generator.fork(name), [outputDim, inputDim], std));
    });
  }

  /** Maps `x [L, I]` (gated: `[L, 2I]`), in expert order, to `[L, O]`; adds it to `residual [L, O]` (f32) if there is one. */
  forward(x: tf.Tensor2D, routing: ExpertRouting, residual?: tf.Tensor2D): tf.Tensor2D {
    const used = this.#weights
      .map((weight, expert) => ({ weight, numRows: routing.numRows[expert] ?? 0 }))
      .filter(({ numRows }) => numRows > 0);
    const first = used[0];
    if (used.length === 1 && first !== undefined) return this.#apply(x, first.weight, residual);
    const numRows = used.map((expert) => expert.numRows);
    const inputs = tf.split(x, numRows, 0);
    const residuals: (tf.Tensor2D | undefined)[] = residual === undefined ? [] : tf.split(residual, numRows, 0);
    return tf.concat(
      used.map(({ weight }, index) => this.#apply(inputs[index] as tf.Tensor2D, weight, residuals[index])),
      0,
    );
  }

  #apply(x: tf.Tensor2D, weight: tf.Variable, residual: tf.Tensor2D | undefined): tf.Tensor2D {
    const options = { float32Output: this.#float32Output, ...(residual && { residual }) };
    return this.#isGated ? swigluLinear(x, weight as tf.Tensor as tf.Tensor2D, options) : linear(x, weight, options);
  }
}
