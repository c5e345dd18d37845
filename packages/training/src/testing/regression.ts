/** A task small enough for tests: fit y = x W + b to noisy samples, with two loss terms of different counts. */
import { type Generator, initNormal, initZeros, Module, tf } from "@interfuse/tensor";
import { AdamW } from "../adamw.ts";
import type { BatchStream, JsonValue, TrainingTask } from "../task.ts";
import { Trainer, type TrainerOptions } from "../trainer.ts";

/** Rows of inputs and wanted outputs. */
export type Samples = { readonly inputs: number[][]; readonly outputs: number[][] };

export class Regression extends Module {
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;

  constructor(generator: Generator) {
    super();
    this.weight = this.parameter("weight", initNormal(generator.fork("weight"), [3, 2], 1));
    this.bias = this.parameter("bias", initZeros([2]));
  }
}

/** Squared errors, plus a noise term that makes the step's randomness visible in the weights. */
export function regressionTask(module: Regression): TrainingTask<Samples> {
  return {
    module,
    lossWeights: { error: 1, noise: 0.1 },
    counts: ({ inputs }) => ({ error: inputs.length * 2, noise: inputs.length }),
    lossSums: ({ inputs, outputs }, generator) => {
      const predicted = tf.add(tf.matMul(tf.tensor2d(inputs), module.weight as tf.Tensor2D), module.bias);
      const noise = tf.tensor2d(generator.normalArray(inputs.length * 2), [inputs.length, 2]);
      return {
        error: tf.sum(tf.square(tf.sub(predicted, tf.tensor2d(outputs)))) as tf.Scalar,
        noise: tf.sum(tf.mul(predicted, noise)) as tf.Scalar,
      };
    },
    numTokens: ({ inputs }) => inputs.length,
  };
}

/** Endless samples of y = (x0 + x1, x2 - 1), the i-th a function of i alone. */
export class SampleStream implements BatchStream<Samples> {
  readonly #generator: Generator;
  #index: number;

  constructor(generator: Generator, index = 0) {
    this.#generator = generator;
    this.#index = index;
  }

  async next(): Promise<IteratorResult<Samples>> {
    const generator = this.#generator.fork(this.#index++);
    const inputs = Array.from({ length: 4 }, () => [generator.normal(), generator.normal(), generator.normal()]);
    return { done: false, value: { inputs, outputs: inputs.map(([a = 0, b = 0, c = 0]) => [a + b, c - 1]) } };
  }

  state(): JsonValue {
    return this.#index;
  }
}

/** The optimizer's settings. */
export const ADAMW = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 };

type Overrides = Partial<TrainerOptions<Samples>>;

/** A trainer of the task above; `overrides` (or what they make of the module) replace any of its options. */
export function regressionTrainer(
  generator: Generator,
  overrides: Overrides | ((module: Regression) => Overrides) = {},
): { trainer: Trainer<Samples>; module: Regression } {
  const module = new Regression(generator.fork("model"));
  const changed = typeof overrides === "function" ? overrides(module) : overrides;
  const cursor = changed.resume?.cursor;
  const trainer = new Trainer({
    task: regressionTask(module),
    batches: new SampleStream(generator.fork("data"), typeof cursor === "number" ? cursor : 0),
    optimizer: new AdamW(module.parameters(), ADAMW),
    schedule: () => 1,
    learningRate: 0.05,
    totalSteps: 12,
    averageDecay: 0.9,
    generator: generator.fork("train"),
    config: { learningRate: 0.05 },
    ...changed,
  });
  return { trainer, module };
}
