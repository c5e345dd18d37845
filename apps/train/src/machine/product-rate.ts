/** How fast this machine multiplies matrices through the chosen backend: the roof that training is measured against. */
import { linear, tf } from "@interfuse/tensor";

/**
 * Floating-point operations a second (2 a multiply-add) of square matrix products at the current precision.
 *
 * Runs products for about `seconds`, after an untimed warm-up of half of that, and takes the best of five spans.
 */
export async function measureProductRate({ size = 1024, seconds = 1 } = {}): Promise<number> {
  const weight = tf.tidy(() => tf.mul(tf.eye(size), 0.5));
  const input = tf.ones([size, size]);
  const rounds = Math.max(1, await roundsIn(seconds / 10, { input, weight }));
  await timeProducts({ input, weight, rounds: 5 * rounds });
  let best = Number.POSITIVE_INFINITY;
  for (let span = 0; span < 5; span++) best = Math.min(best, await timeProducts({ input, weight, rounds: 2 * rounds }));
  tf.dispose([weight, input]);
  return (2 * rounds * 2 * size ** 3) / best;
}

/** How many products fit in a time, by one that is timed after one that is not. */
async function roundsIn(seconds: number, { input, weight }: { input: tf.Tensor; weight: tf.Tensor }): Promise<number> {
  await timeProducts({ input, weight, rounds: 1 });
  return Math.floor(seconds / (await timeProducts({ input, weight, rounds: 1 })));
}

/** Seconds for a chain of products, read back at the end so that asynchronous devices have finished. */
async function timeProducts(options: { input: tf.Tensor; weight: tf.Tensor; rounds: number }): Promise<number> {
  const start = performance.now();
  const corner = tf.tidy(() => {
    let product = options.input;
    for (let round = 0; round < options.rounds; round++) product = linear(product, options.weight as tf.Tensor2D);
    return tf.slice(product, [0, 0], [1, 1]);
  });
  await corner.data();
  corner.dispose();
  return (performance.now() - start) / 1000;
}
