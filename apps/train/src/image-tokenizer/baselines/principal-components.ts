/** Principal components of patches: the best that a linear encoder and decoder can do with so many numbers a patch. */
// N patches, D values of a patch, K components
import { Generator, tf } from "@interfuse/tensor";
import type { Patches } from "./patches.ts";

/** The mean patch, and orthonormal directions `[K, D]` row by row. */
export type Components = { readonly mean: Float32Array; readonly directions_KD: Float64Array[] };

/** Enough for the subspace to settle far below the differences that a PSNR shows. */
const NUM_ITERATIONS = 60;

/** The directions of the largest variance, by iterating with the covariance on a subspace. */
export async function fitComponents({ values, dim }: Patches, numComponents: number): Promise<Components> {
  const { mean, covariance } = tf.tidy(() => {
    const rows_ND = tf.tensor2d(values, [values.length / dim, dim]);
    const average = rows_ND.mean(0);
    const centred_ND = rows_ND.sub(average);
    return { mean: average, covariance: tf.matMul(centred_ND, centred_ND, true, false) };
  });
  const means = (await mean.data()) as Float32Array;
  const rows_DD = (await covariance.data()) as Float32Array;
  tf.dispose([mean, covariance]);
  const generator = new Generator(0, "components");
  const numDirections = Math.min(numComponents, dim);
  let directions: Float64Array[] = Array.from({ length: numDirections }, () =>
    Float64Array.from(generator.normalArray(dim)),
  );
  for (let iteration = 0; iteration < NUM_ITERATIONS; iteration++) {
    directions = orthonormalise(directions.map((direction) => product(rows_DD, direction)));
  }
  return { mean: means, directions_KD: directions };
}

/** Each patch as its nearest in the span of the components. */
export function projectPatches({ values, dim }: Patches, { mean, directions_KD }: Components): Patches {
  const projected = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += dim) {
    projected.set(mean, start);
    for (const direction of directions_KD) {
      let weight = 0;
      for (let i = 0; i < dim; i++) {
        weight += ((values[start + i] as number) - (mean[i] as number)) * (direction[i] as number);
      }
      for (let i = 0; i < dim; i++) {
        projected[start + i] = (projected[start + i] as number) + weight * (direction[i] as number);
      }
    }
  }
  return { values: projected, dim };
}

function product(rows_DD: Float32Array, vector: Float64Array): Float64Array {
  const dim = vector.length;
  return vector.map((_, row) => {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += (rows_DD[row * dim + i] as number) * (vector[i] as number);
    return sum;
  });
}

/** Gram–Schmidt; what is left of a dependent vector is dropped to zeros. */
function orthonormalise(vectors: readonly Float64Array[]): Float64Array[] {
  const done: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const before = Math.sqrt(dot(rest, rest));
    for (const other of done) {
      const share = dot(rest, other);
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - share * (other[i] as number);
    }
    const length = Math.sqrt(dot(rest, rest));
    const scale = length > 1e-9 * before ? 1 / length : 0;
    done.push(rest.map((value) => value * scale));
  }
  return done;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
