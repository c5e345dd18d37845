// N vectors, C channels
import { type Generator, tf } from "@interfuse/tensor";

/** `count` rows of a batch of vectors, distinct ones as long as there are enough: `[count, C]`. */
export function randomRows(vectors_NC: tf.Tensor2D, count: number, generator: Generator): tf.Tensor2D {
  const numVectors = vectors_NC.shape[0];
  const positions = new Int32Array(count);
  // Fisher–Yates that remembers only what it has moved, so it costs `count` draws whatever N is.
  const moved = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const start = i % numVectors;
    if (start === 0) moved.clear();
    const drawn = start + generator.integer(numVectors - start);
    positions[i] = moved.get(drawn) ?? drawn;
    moved.set(drawn, moved.get(start) ?? start);
  }
  return tf.tidy(() => tf.gather(vectors_NC, tf.tensor1d(positions, "int32")));
}
