/**
 * AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) over `tensor`'s fused `adamwUpdate`, with global gradient clipping.
 *
 * Decoupled weight decay acts on matrices and convolution kernels only: norms' weights and biases (rank below 2) are not decayed.
 */
import { adamwUpdate, type tf } from "@interfuse/tensor";
import type { Optimizer, UpdateOptions } from "./optimizer.ts";
import { zerosLike } from "./zeros-like.ts";

/** AdamW's settings; the learning rate comes with each update. */
export type AdamWConfig = {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decay a step is `learningRate * weightDecay`, on tensors of rank 2 and above. */
  readonly weightDecay: number;
  /** Gradients are scaled down to this global L2 norm; 0 turns clipping off. */
  readonly maxGradNorm: number;
};

/** AdamW with one pair of moments a parameter, both f32. */
export class AdamW implements Optimizer {
  readonly #parameters: ReadonlyMap<string, tf.Variable>;
  readonly #config: AdamWConfig;
  readonly #firstMoments: Map<string, tf.Variable>;
  readonly #secondMoments: Map<string, tf.Variable>;
  readonly #weightDecay: Map<string, number>;

  /** @throws RangeError when a setting is out of its range. */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, config: AdamWConfig) {
    validate(config);
    this.#parameters = parameters;
    this.#config = config;
    this.#firstMoments = zerosLike(parameters);
    this.#secondMoments = zerosLike(parameters);
    this.#weightDecay = new Map(
      [...parameters].map(([name, parameter]) => [name, parameter.rank >= 2 ? config.weightDecay : 0]),
    );
  }

  update(gradients: ReadonlyMap<string, tf.Tensor>, { learningRate, step }: UpdateOptions): tf.Scalar {
    const { beta1, beta2, epsilon, maxGradNorm } = this.#config;
    const { gradNorm } = adamwUpdate(
      {
        parameters: this.#parameters,
        gradients,
        firstMoments: this.#firstMoments,
        secondMoments: this.#secondMoments,
      },
      { learningRate, beta1, beta2, epsilon, weightDecay: this.#weightDecay, step, maxGradNorm },
    );
    return gradNorm;
  }

  /** Moments as `first_moment.NAME` and `second_moment.NAME`. */
  state(): ReadonlyMap<string, tf.Variable> {
    return new Map([
      ...[...this.#firstMoments].map(([name, moment]) => [`first_moment.${name}`, moment] as const),
      ...[...this.#secondMoments].map(([name, moment]) => [`second_moment.${name}`, moment] as const),
    ]);
  }

  dispose(): void {
    for (const moment of this.state().values()) moment.dispose();
  }
}

function validate({ beta1, beta2, epsilon, weightDecay, maxGradNorm }: AdamWConfig): void {
  for (const [name, value] of Object.entries({ beta1, beta2 })) {
    if (!(value >= 0 && value < 1)) throw new RangeError(`AdamW: ${name} (=${value}) must be at least 0 and below 1`);
  }
  if (!(epsilon > 0)) throw new RangeError(`AdamW: epsilon (=${epsilon}) must be above 0`);
  for (const [name, value] of Object.entries({ weightDecay, maxGradNorm })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new RangeError(`AdamW: ${name} (=${value}) must be 0 (off) or a positive number`);
    }
  }
}
