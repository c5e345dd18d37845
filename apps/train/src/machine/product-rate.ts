/** How fast this machine multiplies matrices through the chosen backend: the roof that training is measured against. */
import { linear, tf } from "@interfuse/tensor";

/**
 * Floating-point operations a second (2 a multiply-add) of square matrix products at the current precision.
 *
 * The products are as large as fit the time (at most 1,024 a side); the best of four spans counts.
 *
 * @param options.seconds about how long the timed part takes.
 * @param options.warmUpSeconds products before it: fresh threads may share a core for seconds, and every small product then
 *   takes a whole time slice.
 */
export async function measureProductRate({ seconds = 1, warmUpSeconds = 1 } = {}): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < warmUpSeconds * 1000) await bestRate(256, 1);
  let size = 256;
  let rate = await bestRate(size, 1);
  while (size < 1024 && 32 * productFlops(size) < rate * seconds) {
    size *= 2;
    rate = await bestRate(size, 1);
  }
  return bestRate(size, Math.max(1, Math.floor((rate * seconds) / 6 / productFlops(size))));
}

function productFlops(size: number): number {
  return 2 * size ** 3;
}

/** The best rate of four chains of `rounds` products; one more goes before them untimed, to load code and wake threads. */
async function bestRate(size: number, rounds: number): Promise<number> {
  const weight = tf.tidy(() => tf.mul(tf.eye(size), 0.5) as tf.Tensor2D);
  const input = tf.ones([size, size]);
  await timeProducts({ input, weight, rounds });
  let seconds = Number.POSITIVE_INFINITY;
  for (let span = 0; span < 4; span++) seconds = Math.min(seconds, await timeProducts({ input, weight, rounds }));
  tf.dispose([weight, input]);
  return (rounds * productFlops(size)) / seconds;
}

/** Seconds for a chain of products, read back at the end so that asynchronous devices have finished. */
async function timeProducts(options: { input: tf.Tensor; weight: tf.Tensor2D; rounds: number }): Promise<number> {
  const start = performance.now();
  const corner = tf.tidy(() => {
    let product = options.input;
    for (let round = 0; round < options.rounds; round++) product = linear(product, options.weight);
    return tf.slice(product, [0, 0], [1, 1]);
  });
  await corner.data();
  corner.dispose();
  return (performance.now() - start) / 1000;
}
