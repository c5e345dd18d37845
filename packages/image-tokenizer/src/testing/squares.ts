/** Pictures for tests: a coloured square each on a dark ground. */
// B batch, H height, W width
import { Generator, tf } from "@interfuse/tensor";

/** Pixels `[B, size, size, 3]` in [-1, 1], always the same of a seed. */
export function squares(numPictures: number, size: number, seed = 11): tf.Tensor4D {
  const pixels = new Float32Array(numPictures * size * size * 3).fill(-0.8);
  const generator = new Generator(seed);
  for (let picture = 0; picture < numPictures; picture++) {
    const colour = [0, 1, 2].map(() => generator.uniform() * 1.6 - 0.6);
    const [top, left] = [generator.integer(size / 2), generator.integer(size / 2)];
    for (let y = top; y < top + size / 2; y++) {
      for (let x = left; x < left + size / 2; x++) pixels.set(colour, ((picture * size + y) * size + x) * 3);
    }
  }
  return tf.tensor4d(pixels, [numPictures, size, size, 3]);
}
