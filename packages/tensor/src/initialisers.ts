/** First values of parameters, drawn on the host so that every backend starts from the same numbers. */
import type { Generator } from "./random/generator.ts";
import { tf } from "./tf.ts";

/** Independent normal values of mean 0 and standard deviation `std`. */
export function initNormal(generator: Generator, shape: number[], std: number): tf.Tensor {
  const values = generator.normalArray(tf.util.sizeFromShape(shape));
  for (let i = 0; i < values.length; i++) values[i]! *= std;
  return tf.tensor(values, shape);
}

/** Zeros. */
export function initZeros(shape: number[]): tf.Tensor {
  return tf.zeros(shape);
}

/** Ones. */
export function initOnes(shape: number[]): tf.Tensor {
  return tf.ones(shape);
}
