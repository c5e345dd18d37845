/**
 * Exponential moving averages of parameters, kept beside them and swapped in for sampling and for the saved model.
 *
 * The decay warms up, `min(decay, (1 + step) / (10 + step))`, so that a short run's average is not its initialisation.
 */
import { emaUpdate, tf } from "@interfuse/tensor";

/** The averages of a set of parameters. */
export class WeightAverages {
  readonly #parameters: ReadonlyMap<string, tf.Variable>;
  readonly #averages: Map<string, tf.Variable>;
  readonly #decay: number;

  /**
   * Averages that start as copies of the parameters.
   * @throws RangeError when `decay` is outside (0, 1).
   */
  constructor(parameters: ReadonlyMap<string, tf.Variable>, decay: number) {
    if (!(decay > 0 && decay < 1)) {
      throw new RangeError(
        `WeightAverages: decay (=${decay}) must be above 0 and below 1; leave averages out to turn them off`,
      );
    }
    this.#parameters = parameters;
    this.#decay = decay;
    this.#averages = new Map(
      [...parameters].map(([name, parameter]) => {
        const copy = tf.add(parameter, 0);
        const average = tf.variable(copy, false);
        copy.dispose();
        return [name, average];
      }),
    );
  }

  /** `average = d * average + (1 - d) * parameter` in place, after update number `step` (from 1). */
  update(step: number): void {
    emaUpdate(this.#averages, this.#parameters, averageDecayAt(this.#decay, step));
  }

  /** The averages as live variables, named as the parameters. */
  state(): ReadonlyMap<string, tf.Variable> {
    return this.#averages;
  }

  /** Runs `f` with the averages standing in for the parameters, which come back whatever happens. */
  async swappedIn<T>(f: () => Promise<T>): Promise<T> {
    const kept = new Map([...this.#parameters].map(([name, parameter]) => [name, tf.clone(parameter)]));
    for (const [name, parameter] of this.#parameters) parameter.assign(this.#averages.get(name) as tf.Tensor);
    try {
      return await f();
    } finally {
      for (const [name, parameter] of this.#parameters) {
        const original = kept.get(name) as tf.Tensor;
        parameter.assign(original);
        original.dispose();
      }
    }
  }

  dispose(): void {
    for (const average of this.#averages.values()) average.dispose();
  }
}

/** The decay used after update number `step`: `min(decay, (1 + step) / (10 + step))`. */
export function averageDecayAt(decay: number, step: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}
