/**
 * Standard normal numbers as a tensor, for noise: the numbers of `Generator.normalArray`, without their way through JavaScript.
 *
 * Kernel `Normal`: {}; { runs: Int32Array(R*7), each (key low, high, stream low, high, position low, high, count) }
 *   -> numbers [total count], float32. No gradient.
 */
// R runs
import type { Generator } from "../random/generator.ts";
import { tf } from "../tf.ts";
import { hasFusedKernel, runKernel } from "./dispatch.ts";

/** How many numbers to draw, and from which generator. */
export type NormalDraw = { readonly generator: Generator; readonly count: number };

/**
 * The next `count` normal numbers of each generator, one draw after another: [total count], float32. The generators go on
 * behind them. What a backend's own kernel draws may differ from `normalArray` in the last bit.
 * @throws RangeError unless each count is a non-negative integer.
 */
export function drawNormal(draws: readonly NormalDraw[]): tf.Tensor1D {
  for (const { count } of draws) {
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(`drawNormal: count (=${count}) must be a non-negative integer`);
    }
  }
  if (hasFusedKernel("Normal")) {
    const runs = draws.flatMap(({ generator, count }) => {
      const { key, stream, position } = generator.take(count);
      return [...key, ...stream, position, Math.floor(position / 2 ** 32), count];
    });
    return runKernel<tf.Tensor1D>("Normal", {}, { runs: Int32Array.from(runs) });
  }
  const numbers = new Float32Array(draws.reduce((sum, { count }) => sum + count, 0));
  let offset = 0;
  for (const { generator, count } of draws) {
    numbers.set(generator.normalArray(count), offset);
    offset += count;
  }
  return tf.tensor1d(numbers);
}
